/** A block on its own: checked against the float64 loops, then its fastest stock form and the fused op in turns. */
import {blockCost} from '../../ops/cost.ts';
import {paramsLayout} from '../../ops/params.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {type Values, outputDifference} from '../../src/compare/difference.ts';
import {footprintOf} from '../../src/compare/footprint.ts';
import type {CompleteRun} from '../../src/run/interleave.ts';
import {both, type Pair, whole} from '../../src/run/pair.ts';
import {plannedKinds} from '../../src/compare/plans.ts';
import {timeSides} from '../../src/run/timeSides.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';
import {dispatchTimes, medianDispatches, summarizeDispatches} from '../../src/run/gpu.ts';
import {blockSides, fastestForm, once, type Run, toTheEnd} from './blockSides.ts';
import type {BlockCase} from './cases.ts';
import {forcedPlans, timePlans} from './everyPlan.ts';
import type {Measurement, UnmodelledMeasurement} from './result.ts';

export interface BenchOptions {
  readonly runs: number;
  readonly seed: number;
}

export interface BlockBenchOptions extends BenchOptions {
  /** Whether to time the block in every plan that the planner has, too: on webgpu. */
  readonly everyPlan?: boolean;
}

/** Of a float32 between 1 and 2; a sum of n terms is off by less than √n of them. */
const ULP = 2 ** -23;

/** Returns how the block's two sides compare on tfjs's current backend. */
export async function benchBlock(
  tf: AllTfjs,
  block: BlockCase,
  options: BlockBenchOptions,
): Promise<UnmodelledMeasurement> {
  const {spec, size} = block;
  const all = await blockSides(tf, block, options.seed);
  const {x, packed, fused, forms} = all;
  try {
    const plans = options.everyPlan === true && tf.getBackend() === 'webgpu' ? await forcedPlans(tf, block, all) : [];
    const expected = lastImageExpected(block, await x.data<'float32'>(), packed);
    const maxAbsError = await worstError(
      [fused, ...forms.map((form) => () => form.run(x)), ...plans.map(({run}) => run)],
      expected,
    );
    const tolerance = toleranceOf(block, expected);
    const passed = maxAbsError <= tolerance;
    const form = await fastestForm(tf, all);
    const sides = {stock: () => form.run(x), fused};
    return {
      case: block.name,
      ...{spec, size, stockForm: form.name, maxAbsError, tolerance, passed},
      macs: blockCost(spec, size).macs.total,
      ...(passed ? await timeBoth(tf, sides, options) : NOT_TIMED),
      ...(await footprints(sides, block)),
      ...(plans.length > 0 && passed ? {everyPlan: await timePlans(plans, options)} : {}),
      plans: await plannedKinds([{spec, size}], {backend: tf.getBackend(), device: tf.backend()}),
    };
  } finally {
    all.dispose();
  }
}

type Times = Pick<Measurement, 'stock' | 'fused' | 'fusedOneThread' | 'gpu' | 'gpuDispatches'>;

const NOT_TIMED: Times = {stock: null, fused: null, fusedOneThread: null, gpu: null, gpuDispatches: null};

async function timeBoth(tf: AllTfjs, sides: Pair<Run>, {runs}: BenchOptions): Promise<Times> {
  const times = await timeSides(
    both<Run, CompleteRun>(sides, (run) => toTheEnd(tf, run)),
    {runs},
  );
  const timed = await dispatchTimes(both(sides, once), {runs});
  return {
    ...times,
    gpu: timed && both(timed, summarizeDispatches),
    gpuDispatches: timed && both(timed, medianDispatches),
  };
}

async function footprints(
  {stock, fused}: Pair<Run>,
  {spec}: BlockCase,
): Promise<Pick<Measurement, 'kernels' | 'dispatches' | 'peakBytes' | 'movedBytes'>> {
  const taken = {
    stock: await footprintOf({run: once(stock), specs: []}),
    fused: await footprintOf({run: once(fused), specs: [spec]}),
  };
  return {
    kernels: both(taken, ({kernels}) => kernels),
    dispatches: whole(both(taken, ({dispatches}) => dispatches)),
    peakBytes: both(taken, ({peakBytes}) => peakBytes),
    movedBytes: both(taken, ({movedBytes}) => movedBytes),
  };
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
