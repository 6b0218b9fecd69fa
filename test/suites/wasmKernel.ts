/** The wasm kernels against the float64 loops: one body for Node and for Chromium, at every SIMD level and kind of memory. */
import {type BlockSpec, blockGeometry, describeBlock} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {paramsLayout} from '../../ops/params.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {runCall} from '../../ops/wasm/call.ts';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {instantiateKernels} from '../../ops/wasm/module.ts';
import {planBlock, SCRATCH_BUDGET, type WasmPlan} from '../../ops/wasm/plan.ts';
import {expectClose} from '../compare.ts';
import {randomFloats} from '../random.ts';
import {randomParams} from './blockCases.ts';

/** Floats that stand before and after every buffer, and must stay as they are. */
const GUARD = 16;
const GUARD_VALUE = -12345.5;
const PAGE = 65536;

/** Buffers in a memory of their own, guarded, starting as NaN. */
class GuardedMemory {
  readonly memory: WebAssembly.Memory;
  private readonly buffers: {at: number; length: number}[] = [];
  private end = GUARD;

  constructor(shared: boolean) {
    this.memory = new WebAssembly.Memory({initial: 1, maximum: PAGE, shared});
  }

  /** Returns the address in bytes of a new buffer. */
  add(length: number, values?: Float32Array): number {
    const at = this.end + GUARD;
    this.end = at + length + GUARD;
    const missing = (this.end + GUARD) * 4 - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    const floats = this.floats();
    floats.fill(GUARD_VALUE, at - GUARD, at + length + GUARD);
    floats.fill(NaN, at, at + length);
    if (values !== undefined) floats.set(values, at);
    this.buffers.push({at, length});
    return at * 4;
  }

  read(address: number, length: number): Float32Array {
    return this.floats().slice(address / 4, address / 4 + length);
  }

  checkGuards(): void {
    const floats = this.floats();
    for (const {at, length} of this.buffers)
      for (let i = 1; i <= GUARD; i++)
        if (floats[at - i] !== GUARD_VALUE || floats[at + length + i - 1] !== GUARD_VALUE)
          throw new Error(`a guard beside the buffer of ${length} floats was overwritten`);
  }

  private floats(): Float32Array {
    return new Float32Array(this.memory.buffer);
  }
}

export interface KernelVariant {
  readonly level: SimdLevel;
  readonly shared: boolean;
}

/** Returns what the kernel makes of x; fails where it writes outside y and scratch, or reads what nobody wrote. */
export function runBlock(
  variant: KernelVariant,
  spec: BlockSpec,
  input: ImageSize & {x: Float32Array; params: Float32Array; plan?: WasmPlan},
): Float32Array {
  const geometry = blockGeometry(spec, input.height, input.width);
  const plan = input.plan ?? planBlock(spec, input, geometry);
  if (typeof plan === 'string') throw new Error(plan);
  expect(plan.scratchBytes).toBeLessThanOrEqual(SCRATCH_BUDGET);
  const guarded = new GuardedMemory(variant.shared);
  const length = input.batch * geometry.outHeight * geometry.outWidth * spec.outChannels;
  const x = guarded.add(input.x.length, input.x);
  const params = guarded.add(input.params.length, input.params);
  const y = guarded.add(length);
  const scratch = guarded.add(plan.scratchBytes / 4);
  const kernels = instantiateKernels(guarded.memory, variant.level);
  runCall(kernels, guarded.memory.buffer, {spec, size: input, geometry, plan, x, y, params, scratch});
  guarded.checkGuards();
  expect(guarded.read(x, input.x.length)).toEqual(input.x);
  expect(guarded.read(params, input.params.length)).toEqual(input.params);
  return guarded.read(y, length);
}

/**
 * A float32 sum of n products of numbers near one errs by about √n·2⁻²⁴ of the sum's size; three layers follow each other, and
 * the activations err by a few 2⁻²⁴ each.
 */
export function toleranceOf(spec: BlockSpec): number {
  const {spatial, expand, project} = paramsLayout(spec);
  return 2 ** -22 * (8 + Math.sqrt(spatial.depth) + Math.sqrt(expand.depth) + Math.sqrt(project.depth));
}

/** Runs a block on random data and compares it with the float64 loops. Returns the worst difference. */
export function checkBlock(variant: KernelVariant, spec: BlockSpec, size: ImageSize, plan?: WasmPlan): number {
  const x = randomFloats(size.batch * size.height * size.width * spec.inChannels, {seed: 5});
  const params = randomParams(spec, 7);
  const y = runBlock(variant, spec, {...size, x, params, ...(plan === undefined ? {} : {plan})});
  try {
    return expectClose(y, referenceBlock(spec, {...size, x}, params), toleranceOf(spec));
  } catch (error) {
    throw new Error(`${describeBlock(spec)} at ${size.batch}×${size.height}×${size.width}: ${String(error)}`);
  }
}
