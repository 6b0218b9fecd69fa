/**
 * Shaders that compilers were given, kept: SPIR-V, as spirv/shader.ts makes it, and what became of it. `product` multiplies slabs by
 * what they hold; `stockProduct` is stock tfjs's MatMulSmallOutputSizeProgram for 256 × 72 by 72 × 8, with tiles of 16.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Assembly, parseAssembly} from '../../../bench/gpu/assembly/loops.ts';
import {READERS} from '../../../bench/gpu/assembly/readers.ts';
import type {Vendor} from '../../../bench/gpu/gpus.ts';
import type {Given} from '../../../bench/gpu/spirv/invocation.ts';
import {type Module, parseModule} from '../../../bench/gpu/spirv/module.ts';

export const VENDORS: readonly Vendor[] = ['amd', 'nvidia', 'intel'];

type Kept = 'product' | 'stockProduct';

/** Returns what a vendor's compiler made of the shader. */
export function keptText(shader: Kept, vendor: Vendor): string {
  return readFileSync(join(__dirname, 'kept', shader, `${vendor}.txt`), 'latin1');
}

export function keptAssembly(shader: Kept, vendor: Vendor): Assembly {
  return parseAssembly(READERS[vendor], keptText(shader, vendor));
}

export function keptModule(shader: Kept): Module {
  return parseModule(readFileSync(join(__dirname, 'kept', shader, 'shader.spirv'), 'utf8'));
}

export const SLABS = 3;
export const DEPTH = 16;
/** ⌈72 ÷ 16⌉. */
export const TILES = 5;

/** What tfjs put into the uniforms: NAN, INFINITY, shapes, strides and sizes. */
const STOCK_UNIFORMS = [
  ...[0x7fc00000, 0x7f800000, 0, 0, 1, 256, 72, 0, 18432, 72, 0, 0, 1, 72, 8, 0, 576, 8, 8, 1],
  ...[1, 256, 8, 0, 2048, 8, 256, 8, 72, 0, 0, 0],
];

/** What the shaders are given here. */
export const GIVEN: Readonly<Record<Kept, Given>> = {
  product: {dispatch: [7, 1, 1], uniforms: Int32Array.of(SLABS, DEPTH, 0, 0)},
  stockProduct: {dispatch: [1, 32, 1], uniforms: Int32Array.from(STOCK_UNIFORMS)},
};
