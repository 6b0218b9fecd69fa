/** The shaders: of each kernel, in one table, the workgroup memory that it shares and the rest of its text. */
import {invocationsOf, type Variant} from '../planner/variant.ts';
import {convFirstShader} from './convFirst.ts';
import {expandFirstShader} from './expandFirst.ts';
import {gatesShader} from './gates.ts';
import {moduleText, type Shader} from './module.ts';
import {pointwiseShader} from './pointwise.ts';
import {spatialShader} from './spatial.ts';
import {bytesOf} from './workgroupArrays.ts';

const SHADERS: {readonly [K in Variant['kernel']]: Shader<Extract<Variant, {kernel: K}>>} = {
  pointwise: pointwiseShader,
  spatial: spatialShader,
  'conv-first': convFirstShader,
  'expand-first': expandFirstShader,
  gates: gatesShader,
};

function shaderOf(variant: Variant): Shader<Variant> {
  return SHADERS[variant.kernel] as Shader<Variant>;
}

/** Returns the text of a variant's shader: different for different variants. */
export function shaderText(variant: Variant): string {
  const {arrays, parts} = shaderOf(variant);
  const {precision} = variant;
  return moduleText({...parts(variant), arrays: arrays(variant), precision, threads: invocationsOf(variant)});
}

/** Returns the workgroup memory that a variant's shader declares. Units: bytes. */
export function workgroupBytes(variant: Variant): number {
  return bytesOf(shaderOf(variant).arrays(variant));
}
