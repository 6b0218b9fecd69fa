/** A block on its own: checked against the float64 loops, then its fastest stock form and the fused op in turns. */
import type {Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {blockCost} from '../ops/cost.ts';
import {fusedResidualBlockWith} from '../ops/op.ts';
import {type BlockWeights, type LayerName, packParams, paramsLayout} from '../ops/params.ts';
import {referenceBlock} from '../ops/reference/loops.ts';
import type {AllTfjs} from '../src/compare/tfjs.ts';
import {outputDifference} from '../src/compare/difference.ts';
import {interleave} from '../src/compare/interleave.ts';
import type {Pair} from '../src/compare/pair.ts';
import {median, summarize} from '../src/compare/statistics.ts';
import type {BlockCase} from './cases.ts';
import type {Measurement} from './result.ts';
import {type StockForm, stockForms} from './stockForms.ts';

export interface BenchOptions {
  readonly runs: number;
  readonly seed: number;
}

/** Samples that decide which stock form is the fastest. */
const FORM_RUNS = 3;
/** Of a float32 between 1 and 2; a sum of n terms is off by less than √n of them. */
const ULP = 2 ** -23;

/** Returns how the block's two sides compare on tfjs's current backend. */
export async function benchBlock(tf: AllTfjs, block: BlockCase, options: BenchOptions): Promise<Measurement> {
  const {spec, size} = block;
  const weights = randomWeights(tf, block, options.seed);
  const packed = packParams(spec, weights);
  const shape: [number, number, number, number] = [size.batch, size.height, size.width, spec.inChannels];
  const x: Tensor4D = tf.randomNormal(shape, 0, 1, 'float32', options.seed);
  const params = tf.tensor1d(packed);
  const forms = stockForms(tf, spec, weights);
  const fused = (): Tensor4D => fusedResidualBlockWith(tf, x, params, spec);
  try {
    const expected = referenceBlock(spec, {...size, x: x.dataSync<'float32'>()}, packed);
    const errors = [fused, ...forms.map((form) => () => form.run(x))].map((run) => errorOf(run(), expected));
    const maxAbsError = Math.max(...errors);
    const tolerance = toleranceOf(block, expected);
    const passed = maxAbsError <= tolerance;
    const stock = await fastestForm(forms, x);
    return {
      case: block.name,
      spec,
      size,
      stockForm: stock.name,
      maxAbsError,
      tolerance,
      passed,
      macs: blockCost(spec, size).macs.total,
      ...(passed ? await timeBoth({stock: () => stock.run(x), fused}, options) : {stock: null, fused: null}),
    };
  } finally {
    for (const each of [x, params, ...forms]) each.dispose();
  }
}

async function timeBoth(
  {stock, fused}: Pair<() => Tensor4D>,
  {runs}: BenchOptions,
): Promise<Pick<Measurement, 'stock' | 'fused'>> {
  const ms = await interleave({stock: once(stock), fused: once(fused)}, {runs});
  return {stock: summarize(ms.stock), fused: summarize(ms.fused)};
}

const once = (run: () => Tensor4D) => (): void => {
  run().dispose();
};

async function fastestForm(forms: readonly StockForm[], x: Tensor4D): Promise<StockForm> {
  const sides = Object.fromEntries(forms.map((form) => [form.name, once(() => form.run(x))]));
  const ms = await interleave(sides, {runs: FORM_RUNS});
  return forms.reduce((best, form) => (median(ms[form.name]!) < median(ms[best.name]!) ? form : best));
}

function errorOf(output: Tensor4D, expected: Float64Array): number {
  const values = output.dataSync();
  output.dispose();
  return outputDifference([values], [expected]).maxAbsError;
}

function toleranceOf({spec}: BlockCase, expected: Float64Array): number {
  const depth = paramsLayout(spec).sections.reduce((sum, section) => sum + section.depth, 0);
  return ULP * Math.sqrt(depth) * outputDifference([expected], [expected]).maxAbsOutput;
}

/** Weights that keep every layer's variance near 1, as trained ones do: what an erf takes depends on its argument. */
function randomWeights(tf: AllTfjs, {spec}: BlockCase, seed: number): BlockWeights {
  const layout = paramsLayout(spec);
  const values = (length: number, deviation: number, salt: number): Float32Array => {
    const tensor: Tensor1D = tf.randomNormal([length], 0, deviation, 'float32', seed + salt);
    const data = tensor.dataSync<'float32'>();
    tensor.dispose();
    return data;
  };
  const layer = (name: LayerName, i: number): BlockWeights[LayerName] => {
    const {depth, outputs} = layout[name];
    return {
      weights: values(depth * outputs, 1 / Math.sqrt(depth), 2 * i + 1),
      bias: values(outputs, 0.1, 2 * i + 2),
    };
  };
  return {spatial: layer('spatial', 0), expand: layer('expand', 1), project: layer('project', 2)};
}
