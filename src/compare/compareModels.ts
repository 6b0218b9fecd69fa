/**
 * A model's stock form and its fused form side by side on one backend: first whether they agree, and only then how fast they
 * are. Runs wherever tfjs runs, in Node and in a page.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, Tensor, io} from '@tensorflow/tfjs-core';
import type {Precision} from '../../ops/params.ts';
import {createGraph, type Graph} from '../graph/graph.ts';
import {readWeightData} from '../graph/weights.ts';
import type {FusedGraphModel} from '../load/load.ts';
import type {FuseOptions} from '../rewrite/options.ts';
import type {FusionReport} from '../rewrite/report.ts';
import {type Agreement, agreementOf} from './agreement.ts';
import {countCorrect, type LabelledImages} from './accuracy.ts';
import type {Difference} from './difference.ts';
import {type BlocksWork, footprintOf, type RunFootprint} from './footprint.ts';
import {fusedBlockTimes, networkTimes, type NetworkTimes} from './networkTimes.ts';
import {givenInputShape, type InputOptions, modelInputs, randomInputs} from '../run/inputs.ts';
import {type Run, warmupMs} from '../run/interleave.ts';
import {both, type Pair, whole} from '../run/pair.ts';
import {type PlannedKind, plannedKinds} from './plans.ts';
import {compileBefore, completeRun, isDynamic, runOnce} from '../run/runs.ts';
import {disposeAll, type Held, loadSides, type StockForm, stockSide} from '../run/sides.ts';
import {countFused} from '../rewrite/wellFormed.ts';
import type {Timing} from '../run/statistics.ts';
import {timeSides, type TimedSide} from '../run/timeSides.ts';
import {gpuTimes} from '../run/gpu.ts';

export interface CompareOptions extends InputOptions {
  /** Timed samples of each side. */
  readonly runs?: number | undefined;
  /** Largest difference that passes; by default 1e-5 of the largest output (in float16 2⁻⁶), and what the report says of approximations. */
  readonly tolerance?: number | undefined;
  readonly fuse?: FuseOptions | undefined;
  /** What the fused side computes in, as in LoadOptions. Default 'float32'. */
  readonly precision?: Precision | undefined;
  /** A test set that both sides classify. */
  readonly images?: LabelledImages | undefined;
  /** Called with what is being done, for a display. */
  readonly onProgress?: ((what: string) => void) | undefined;
  /** Called with what is found out, as soon as it is. */
  readonly onEvent?: ((event: CompareEvent) => void) | undefined;
}

/** What a comparison finds out on its way, in this order. Plain data. */
export type CompareEvent =
  | {readonly type: 'loaded'; readonly loaded: LoadedSides}
  | {readonly type: 'agreement'; readonly agreement: Agreement}
  /** Units: milliseconds. */
  | {readonly type: 'sample'; readonly side: TimedSide; readonly ms: number}
  /** After the last sample. */
  | {readonly type: 'timed'; readonly stock: Timing; readonly fused: Timing; readonly fusedOneThread: Timing | null}
  | {readonly type: 'network'; readonly network: NetworkTimes};

/** What is known of both sides once they have run. */
export interface LoadedSides extends Pick<Comparison, 'report' | 'stockForm' | 'plans'> {
  readonly inputs: readonly {readonly name: string; readonly shape: readonly number[]; readonly dtype: string}[];
}

export interface Comparison extends Agreement {
  readonly backend: string;
  readonly report: FusionReport;
  readonly blocksFused: number;
  /** Blocks that the model brought fused: they are the same on both sides. */
  readonly blocksBefore: number;
  readonly stockForm: StockForm;
  /** How many images of the test set each side classifies right; null where none was given. */
  readonly accuracy: {readonly images: number; readonly correct: Pair<number>} | null;
  /**
   * From the call to the end of the work; on any backend but cpu and wasm, where only the read-back shows that end, to its end.
   * Null, like every other time here, where the two sides do not agree.
   */
  readonly stock: Timing | null;
  readonly fused: Timing | null;
  /** The fused side on the calling thread alone; null too where it has no more. */
  readonly fusedOneThread: Timing | null;
  readonly speedup: number | null;
  /** The GPU's own time: the sum over a run's dispatches. Null where there is no GPU, or one without timestamps. */
  readonly gpu: Pair<Timing> | null;
  readonly loadMs: Pair<number> | null;
  readonly kernels: Pair<number>;
  /** What a run submits to the GPU; null on other backends. */
  readonly dispatches: Pair<number> | null;
  /** Tensors at their highest above what was there before the run, and scratch. Units: bytes. */
  readonly peakBytes: Pair<number>;
  /** What a run moves through memory: every kernel's inputs and outputs, of a fused block what its plan moves. Units: bytes. */
  readonly movedBytes: Pair<number>;
  /** The kinds of fused blocks, as far as their sizes are known, and what each runs as here; none on backends without kernels. */
  readonly plans: readonly PlannedKind[];
  /** The fused blocks of a run alone, and the nodes that they replace. */
  readonly fusedBlocks: BlocksFootprint | null;
}

/**
 * Times are sums over kernels, without what lies between them; null where nothing times these, as on a GPU without timestamps.
 * Units: MACs, milliseconds.
 */
export interface BlocksFootprint extends BlocksWork {
  readonly ms: number | null;
  /** What the stock side spends in the nodes that the fused blocks replace. */
  readonly stockMs: number | null;
}

const RUNS = 20;
/** What each precision rounds, as a share of the largest output: float16's 2⁻¹¹ adds up over blocks. */
const ROUNDING: Readonly<Record<Precision, number>> = {float32: 1e-5, float16: 2 ** -6};

/**
 * Returns how the model's two sides compare on tfjs's current backend. The handler loads the model several times.
 * Throws: `unsupported-model` where no stock form runs, `invalid-option` for shapes that do not fit, and what loading throws.
 */
export async function compareModels(model: io.IOHandler, options: CompareOptions = {}): Promise<Comparison> {
  const {precision = 'float32', onProgress = () => undefined, onEvent = () => undefined} = options;
  const held: Held = [];
  try {
    const sides = await loadBoth(model, options, held);
    const {fused, graph, stockForm} = sides;
    const {fusionReport: report} = fused;
    const place = {backend: tf.getBackend(), device: tf.backend(), precision};
    const plans = await plannedKinds(report.blocks, place);
    onEvent({
      type: 'loaded',
      loaded: {report, stockForm, plans, inputs: Object.entries(sides.inputs).map(describeInput)},
    });

    onProgress('checking fused against stock');
    const toleranceOf = (difference: Difference): number =>
      options.tolerance ?? defaultTolerance(difference, report, precision);
    const agreement = await agreementOf({...sides, toleranceOf});
    onEvent({type: 'agreement', agreement});
    const accuracy = await accuracyOf(sides, options);
    const footprints = await footprintsOf(sides);

    if (agreement.passed) onProgress('timing both sides');
    const times = agreement.passed ? await timesOf(sides, footprints.fused, options) : NOT_TIMED;
    return {
      backend: tf.getBackend(),
      report,
      blocksFused: report.blocks.length,
      blocksBefore: countFused(graph),
      stockForm,
      ...agreement,
      accuracy,
      ...times,
      kernels: both(footprints, ({kernels}) => kernels),
      dispatches: whole(both(footprints, ({dispatches}) => dispatches)),
      peakBytes: both(footprints, ({peakBytes}) => peakBytes),
      movedBytes: both(footprints, ({movedBytes}) => movedBytes),
      plans,
    };
  } finally {
    disposeAll(held);
  }
}

/** Both models, loaded and compiled, and what they are run on. */
interface Sides extends Pair<GraphModel> {
  readonly fused: FusedGraphModel;
  readonly inputs: NamedTensorMap;
  /** Of the model as it is stored. */
  readonly graph: Graph;
  readonly stockForm: StockForm;
  readonly loadMs: Pair<number>;
}

async function loadBoth(model: io.IOHandler, options: CompareOptions, held: Held): Promise<Sides> {
  const {onProgress = () => undefined} = options;
  onProgress('loading both sides');
  const artifacts = await readWeightData(await model.load!());
  const graph = createGraph(artifacts);
  const inputShape = givenInputShape(graph, options);
  const fuse = {...options.fuse, ...(inputShape === undefined ? {} : {inputShape})};
  const {original, fused, loadMs} = await loadSides({handler: model, fuse, precision: options.precision, held});
  const inputs = randomInputs(modelInputs(fused), options);
  held.push(...Object.values(inputs));
  await compileBefore(fused, inputs);

  onProgress('running the stock side');
  const {form, model: stock} = await stockSide({original, artifacts, inputs, held});
  return {stock, fused, inputs, graph, stockForm: form, loadMs};
}

/** The models' runs as they are submitted: on cpu and wasm all is done then. */
function runsOf({stock, fused, inputs}: Sides): Pair<Run> {
  return both({stock, fused}, (model) => () => runOnce(model, inputs));
}

async function accuracyOf(
  {stock, fused}: Sides,
  {images, onProgress = () => undefined}: CompareOptions,
): Promise<Comparison['accuracy']> {
  if (images === undefined) return null;
  onProgress('classifying the images on both sides');
  const correct = {stock: await countCorrect(stock, images), fused: await countCorrect(fused, images)};
  return {images: images.labels.length, correct};
}

async function footprintsOf(sides: Sides): Promise<Pair<RunFootprint>> {
  const runs = runsOf(sides);
  const specs = sides.fused.fusionReport.blocks.map(({spec}) => spec);
  return {
    stock: await footprintOf({run: runs.stock, specs: []}),
    fused: await footprintOf({run: runs.fused, specs}),
  };
}

type Times = Pick<Comparison, 'stock' | 'fused' | 'fusedOneThread' | 'speedup' | 'gpu' | 'loadMs' | 'fusedBlocks'>;

const NOT_TIMED: Times = {
  ...{stock: null, fused: null, fusedOneThread: null, speedup: null},
  ...{gpu: null, loadMs: null, fusedBlocks: null},
};

async function timesOf(sides: Sides, {blocks}: RunFootprint, options: CompareOptions): Promise<Times> {
  const {runs = RUNS, precision, onEvent = () => undefined} = options;
  const {stock, fused, inputs, loadMs} = sides;
  const complete = both({stock, fused}, (model) => completeRun(model, inputs));
  const {fusedOneThread, ...times} = await timeSides(complete, {
    ...{runs, minWarmupMs: warmupMs(runs, RUNS)},
    onSample: (side, ms) => {
      onEvent({type: 'sample', side, ms});
    },
  });
  onEvent({type: 'timed', stock: times.stock, fused: times.fused, fusedOneThread});
  // tfjs times what is submitted at once, and not what waits for data between.
  const gpu = isDynamic(fused) ? null : await gpuTimes(runsOf(sides), {runs});
  const speedup = times.stock.medianMs / times.fused.medianMs;
  const network = await networkTimes({stock, fused, inputs, report: fused.fusionReport, precision});
  onEvent({type: 'network', network});
  return {...times, fusedOneThread, speedup, gpu, loadMs, fusedBlocks: blocks && timedBlocks(network, blocks)};
}

function timedBlocks(network: NetworkTimes, work: BlocksWork): BlocksFootprint {
  const ms = fusedBlockTimes(network);
  return {...work, ms: ms.fused, stockMs: ms.stock};
}

function describeInput([name, {shape, dtype}]: [string, Tensor]): LoadedSides['inputs'][number] {
  return {name, shape, dtype};
}

/** Sums in another order and folded weights are rounded elsewhere; and blocks may have constants near the model's own. */
function defaultTolerance({maxAbsOutput}: Difference, {blocks}: FusionReport, precision: Precision): number {
  const approximations = blocks.flatMap((block) => block.approximations ?? []);
  const share = approximations.reduce((sum, {error}) => sum + error, ROUNDING[precision]);
  return share * Math.max(1, maxAbsOutput);
}
