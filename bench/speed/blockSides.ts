/** A block of random weights on a random image, ready to run: fused, and in every stock form. */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {blockKernelOf} from '../../ops/kernels.ts';
import {fusedResidualBlock} from '../../ops/op.ts';
import {type BlockWeights, type LayerWeights, packParams} from '../../ops/packParams.ts';
import {type LayerName, paramsLayout} from '../../ops/params.ts';
import {interleave, type CompleteRun} from '../../src/run/interleave.ts';
import {median} from '../../src/run/statistics.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';
import type {BlockCase} from './cases.ts';
import {type StockForm, stockForms} from './stockForms.ts';

/** Computes the block, or sends it to the GPU. */
export type Run = () => Tensor4D;

export interface BlockSides {
  readonly x: Tensor4D;
  /** The weights as the fused op takes them. */
  readonly packed: Float32Array;
  readonly params: Tensor1D;
  readonly fused: Run;
  readonly forms: readonly StockForm[];
  readonly dispose: () => void;
}

/** Returns the block's sides on tfjs's current backend, with what is compiled at run time compiled. */
export async function blockSides(tf: AllTfjs, block: BlockCase, seed: number): Promise<BlockSides> {
  const {spec, size} = block;
  const weights = await randomWeights(tf, block, seed);
  const packed = packParams(spec, weights);
  const shape: [number, number, number, number] = [size.batch, size.height, size.width, spec.inChannels];
  const x: Tensor4D = tf.randomNormal(shape, 0, 1, 'float32', seed);
  const params = tf.tensor1d(packed);
  const forms = stockForms(tf, spec, weights);
  await compile(tf, block);
  return {
    ...{x, packed, params, forms},
    fused: () => fusedResidualBlock(x, params, spec),
    dispose: () => {
      for (const each of [x, params, ...forms]) each.dispose();
    },
  };
}

/** Until the backend's kernel has compiled what it compiles at run time, the block would run on stock ops. */
async function compile(tf: AllTfjs, {spec, size}: BlockCase): Promise<void> {
  const kernel = blockKernelOf(tf.getBackend());
  kernel?.refusal(tf.backend(), {spec, size, precision: 'float32'});
  await kernel?.settled?.(tf.backend());
}

/** Samples that decide which stock form is the fastest. */
const FORM_RUNS = 3;

/** Returns the stock form that runs fastest here. */
export async function fastestForm(tf: AllTfjs, {forms, x}: BlockSides): Promise<StockForm> {
  const sides = Object.fromEntries(forms.map((form) => [form.name, toTheEnd(tf, () => form.run(x))]));
  const ms = await interleave(sides, {runs: FORM_RUNS});
  return forms.reduce((best, form) => (median(ms[form.name]!) < median(ms[best.name]!) ? form : best));
}

/** Returns a run whose output is let go. */
export const once = (run: Run) => (): void => {
  run().dispose();
};

/** Returns a timed run. On webgpu it ends when one number of its result was read back: all would take longer than the block. */
export function toTheEnd(tf: AllTfjs, run: Run): CompleteRun {
  if (tf.getBackend() !== 'webgpu') return once(run);
  return async () => {
    const first = tf.tidy(() => tf.slice(run(), [0, 0, 0, 0], [1, 1, 1, 1]));
    await first.data();
    first.dispose();
  };
}

/** Weights that keep every layer's variance near 1, as trained ones do: what an erf takes depends on its argument. */
async function randomWeights(tf: AllTfjs, {spec}: BlockCase, seed: number): Promise<BlockWeights> {
  const values = async (length: number, deviation: number, salt: number): Promise<Float32Array> => {
    const tensor: Tensor1D = tf.randomNormal([length], 0, deviation, 'float32', seed + salt);
    const data = await tensor.data<'float32'>();
    tensor.dispose();
    return data;
  };
  const {sections, responseNorm} = paramsLayout(spec);
  const layers: Partial<Record<LayerName, LayerWeights>> = {};
  for (const [i, {layer, depth, outputs, slopes}] of sections.entries())
    layers[layer] = {
      weights: await values(depth * outputs, 1 / Math.sqrt(depth), 3 * i + 1),
      bias: await values(outputs, 0.1, 3 * i + 2),
      ...(slopes === null ? {} : {slopes: await values(outputs, 0.25, 3 * i + 3)}),
    };
  return {
    ...(layers as Record<'spatial' | 'project', LayerWeights>),
    ...(responseNorm === null ? {} : {responseNorm: {scale: await values(spec.hiddenChannels, 0.5, 16)}}),
  };
}
