/**
 * The programs that a GPU runs for a block: those that the planner chooses, and those of stock tfjs, as it hands them to the device.
 */
import type {Tensor4D} from '@tensorflow/tfjs-core';
import type {BlockSpec} from '../../ops/block.ts';
import {type BlockWeights, unpackParams} from '../../ops/packParams.ts';
import {paramsLayout} from '../../ops/params.ts';
import type {DeviceTraits} from '../../ops/webgpu/planner/device.ts';
import {boundBytes, type Pass} from '../../ops/webgpu/planner/pass.ts';
import {planBlock, type WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {blockOnDevice, type BlockOnDevice} from '../../ops/webgpu/planner/tensors.ts';
import {UNIFORMS} from '../../ops/webgpu/planner/uniforms.ts';
import {prefixLength} from '../../ops/webgpu/wgsl/module.ts';
import {shaderText} from '../../ops/webgpu/wgsl/shaders.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import type {BlockCase} from '../speed/cases.ts';
import {stockForms} from '../speed/stockForms.ts';
import {type Dispatch, dispatchesOf} from './dispatches.ts';

/** One dispatch. */
export interface Program extends Omit<Dispatch, 'label'> {
  readonly name: string;
}

/** Programs that together run a block. */
export interface Side {
  readonly name: string;
  readonly programs: readonly Program[];
}

/**
 * Returns the passes of two plans of the block: of the fastest by the cost model where dispatches take no time beside their work, and of
 * the one that is chosen, with that time. Throws: where none fits the device.
 */
export function fusedSides({name, spec, size}: BlockCase, traits: DeviceTraits): [free: Side, chosen: Side] {
  const block = blockOnDevice({spec, size, precision: 'float32'}, traits);
  const plans = planBlock(block, traits);
  if (typeof plans === 'string') throw new Error(`${name}: ${plans}`);
  const work = ({passes}: WebGPUPlan): number =>
    passes.reduce((sum, {cost}) => sum + cost.seconds - cost.dispatchSeconds, 0);
  const free = [...plans].sort((a, b) => work(a) - work(b))[0]!;
  const sideOf = (side: string, {passes}: WebGPUPlan): Side => ({
    name: side,
    programs: passes.map((pass, i) => passProgram(`${name}-${side}-${i + 1}-${pass.variant.kernel}`, pass, block)),
  });
  return [sideOf('fused', free), sideOf('chosen', plans[0]!)];
}

/** Returns the program of a pass of a block, in float32. */
export function passProgram(name: string, pass: Pass, block: BlockOnDevice): Program {
  const {variant, dispatch, uniforms, cost} = pass;
  const {tensors, sums} = boundBytes(block, pass);
  const fresh = [...tensors, ...(sums === null ? [] : [sums])];
  const weights = cost.bytes - fresh.reduce((sum, bytes) => sum + bytes);
  return {
    name,
    wgsl: shaderText(variant),
    dispatch,
    uniforms: Int32Array.from([
      ...Array.from({length: prefixLength(fresh.length + 1)}, () => 0),
      ...UNIFORMS.map((each) => uniforms[each]),
    ]),
    // Of params what belongs to the pass's layers.
    bindings: [
      ...tensors.map((bytes) => ({bytes, isFresh: true})),
      {bytes: weights, isFresh: false},
      ...(sums === null ? [] : [{bytes: sums, isFresh: true}]),
    ],
  };
}

/**
 * Returns what stock tfjs dispatches for the block in each of its forms, on the webgpu backend, which must be the current one, made
 * after captureDispatches. Nothing is computed, and the weights are zero.
 */
export async function stockSides({name, spec, size}: BlockCase): Promise<Side[]> {
  // As a network has it: made by a dispatch.
  const x: Tensor4D = tf.tidy(() => tf.relu(tf.zeros([size.batch, size.height, size.width, spec.inChannels])));
  const sides: Side[] = [];
  for (const form of stockForms(tf, spec, zeroWeights(spec))) {
    const dispatches = await dispatchesOf(() => form.run(x));
    const programs = dispatches.map(({label, ...rest}, i) => ({
      ...rest,
      name: `${name}-stock-${form.name}-${i + 1}-${label}`,
    }));
    sides.push({name: `stock-${form.name}`, programs});
    form.dispose();
  }
  x.dispose();
  return sides;
}

function zeroWeights(spec: BlockSpec): BlockWeights {
  return unpackParams(spec, new Float32Array(paramsLayout(spec).length));
}
