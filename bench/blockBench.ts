/** A block on its own: checked against the float64 loops, then its fastest stock form and the fused op in turns. */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {blockCost} from '../ops/cost.ts';
import {blockKernelOf} from '../ops/kernels.ts';
import {fusedResidualBlockWith} from '../ops/op.ts';
import {type BlockWeights, type LayerName, packParams, paramsLayout} from '../ops/params.ts';
import {referenceBlock} from '../ops/reference/loops.ts';
import {type Values, outputDifference} from '../src/compare/difference.ts';
import {footprintOf} from '../src/compare/footprint.ts';
import {interleave, type Side} from '../src/compare/interleave.ts';
import {both, type Pair, whole} from '../src/compare/pair.ts';
import {plannedKinds} from '../src/compare/plans.ts';
import {median, summarize} from '../src/compare/statistics.ts';
import type {AllTfjs} from '../src/compare/tfjs.ts';
import {gpuTimes} from '../src/compare/webgpu.ts';
import type {BlockCase} from './cases.ts';
import type {Measurement} from './result.ts';
import {type StockForm, stockForms} from './stockForms.ts';

export interface BenchOptions {
  readonly runs: number;
  readonly seed: number;
}

/** Computes the block, or sends it to the GPU. */
type Run = () => Tensor4D;

/** Samples that decide which stock form is the fastest. */
const FORM_RUNS = 3;
/** Of a float32 between 1 and 2; a sum of n terms is off by less than √n of them. */
const ULP = 2 ** -23;

/** Returns how the block's two sides compare on tfjs's current backend. */
export async function benchBlock(tf: AllTfjs, block: BlockCase, options: BenchOptions): Promise<Measurement> {
  const {spec, size} = block;
  const weights = await randomWeights(tf, block, options.seed);
  const packed = packParams(spec, weights);
  const shape: [number, number, number, number] = [size.batch, size.height, size.width, spec.inChannels];
  const x: Tensor4D = tf.randomNormal(shape, 0, 1, 'float32', options.seed);
  const params = tf.tensor1d(packed);
  const forms = stockForms(tf, spec, weights);
  const fused = (): Tensor4D => fusedResidualBlockWith(tf, x, params, spec);
  try {
    const expected = lastImageExpected(block, await x.data<'float32'>(), packed);
    await compile(tf, block);
    const maxAbsError = await worstError([fused, ...forms.map((form) => () => form.run(x))], expected);
    const tolerance = toleranceOf(block, expected);
    const passed = maxAbsError <= tolerance;
    const form = await fastestForm(tf, forms, x);
    const sides = {stock: () => form.run(x), fused};
    return {
      case: block.name,
      ...{spec, size, stockForm: form.name, maxAbsError, tolerance, passed},
      macs: blockCost(spec, size).macs.total,
      ...(passed ? await timeBoth(tf, sides, options) : {stock: null, fused: null, gpu: null}),
      ...(await footprints(tf, sides, block)),
      plans: plannedKinds([{spec, size}], {backend: tf.getBackend(), device: tf.backend()}),
    };
  } finally {
    for (const each of [x, params, ...forms]) each.dispose();
  }
}

/** Has the backend's kernel compile what it compiles at run time: until then the block would run on stock ops. */
async function compile(tf: AllTfjs, {spec, size}: BlockCase): Promise<void> {
  const kernel = blockKernelOf(tf.getBackend());
  kernel?.refusal(tf.backend(), {spec, size, precision: 'float32'});
  await kernel?.settled?.(tf.backend());
}

async function timeBoth(
  tf: AllTfjs,
  sides: Pair<Run>,
  {runs}: BenchOptions,
): Promise<Pick<Measurement, 'stock' | 'fused' | 'gpu'>> {
  const ms = await interleave(
    both<Run, Side>(sides, (run) => toTheEnd(tf, run)),
    {runs},
  );
  return {...both(ms, summarize), gpu: await gpuTimes(tf, both(sides, once), {runs})};
}

async function footprints(
  tf: AllTfjs,
  {stock, fused}: Pair<Run>,
  {spec}: BlockCase,
): Promise<Pick<Measurement, 'kernels' | 'dispatches' | 'peakBytes' | 'movedBytes'>> {
  const taken = {
    stock: await footprintOf(tf, {run: once(stock), specs: []}),
    fused: await footprintOf(tf, {run: once(fused), specs: [spec]}),
  };
  return {
    kernels: both(taken, ({kernels}) => kernels),
    dispatches: whole(both(taken, ({dispatches}) => dispatches)),
    peakBytes: both(taken, ({peakBytes}) => peakBytes),
    movedBytes: both(taken, ({movedBytes}) => movedBytes),
  };
}

const once = (run: Run) => (): void => {
  run().dispose();
};

/** A timed run. On webgpu it ends when one number of its result was read back: all of them would take longer than the block. */
function toTheEnd(tf: AllTfjs, run: Run): Side {
  if (tf.getBackend() !== 'webgpu') return once(run);
  return async () => {
    const first = tf.tidy(() => tf.slice(run(), [0, 0, 0, 0], [1, 1, 1, 1]));
    await first.data();
    first.dispose();
  };
}

async function fastestForm(tf: AllTfjs, forms: readonly StockForm[], x: Tensor4D): Promise<StockForm> {
  const sides = Object.fromEntries(forms.map((form) => [form.name, toTheEnd(tf, () => form.run(x))]));
  const ms = await interleave(sides, {runs: FORM_RUNS});
  return forms.reduce((best, form) => (median(ms[form.name]!) < median(ms[best.name]!) ? form : best));
}

/** The float64 loops take long: of several images they compute the last, whose place a wrong stride would miss the most. */
function lastImageExpected({spec, size}: BlockCase, x: Float32Array, packed: Float32Array): Float64Array {
  const image = x.subarray(x.length - x.length / size.batch);
  return referenceBlock(spec, {...size, batch: 1, x: image}, packed);
}

/** Returns the worst difference of any run from the expected last image, and of any other than the first from the first. */
async function worstError(runs: readonly Run[], expected: Float64Array): Promise<number> {
  let worst = 0;
  let first: Values | undefined;
  for (const run of runs) {
    const output = run();
    const values = await output.data<'float32'>();
    output.dispose();
    first ??= values;
    const last = values.subarray(values.length - expected.length);
    const errors = [outputDifference([last], [expected]), outputDifference([values], [first])];
    worst = Math.max(worst, ...errors.map(({maxAbsError}) => maxAbsError));
  }
  return worst;
}

function toleranceOf({spec}: BlockCase, expected: Float64Array): number {
  const depth = paramsLayout(spec).sections.reduce((sum, section) => sum + section.depth, 0);
  return ULP * Math.sqrt(depth) * outputDifference([expected], [expected]).maxAbsOutput;
}

/** Weights that keep every layer's variance near 1, as trained ones do: what an erf takes depends on its argument. */
async function randomWeights(tf: AllTfjs, {spec}: BlockCase, seed: number): Promise<BlockWeights> {
  const layout = paramsLayout(spec);
  const values = async (length: number, deviation: number, salt: number): Promise<Float32Array> => {
    const tensor: Tensor1D = tf.randomNormal([length], 0, deviation, 'float32', seed + salt);
    const data = await tensor.data<'float32'>();
    tensor.dispose();
    return data;
  };
  const layer = async (name: LayerName, i: number): Promise<BlockWeights[LayerName]> => {
    const {depth, outputs} = layout[name];
    return {
      weights: await values(depth * outputs, 1 / Math.sqrt(depth), 2 * i + 1),
      bias: await values(outputs, 0.1, 2 * i + 2),
    };
  };
  return {spatial: await layer('spatial', 0), expand: await layer('expand', 1), project: await layer('project', 2)};
}
