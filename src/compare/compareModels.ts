/**
 * A model's stock form and its fused form side by side on one backend: first whether they agree, and only then how fast they
 * are. Runs wherever tfjs runs, in Node and in a page.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, io} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {createGraph} from '../graph/graph.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../load.ts';
import type {Tfjs} from '../register.ts';
import type {FuseOptions, FusionReport} from '../report.ts';
import {readWeightData} from '../graph/weights.ts';
import {legalizeArtifacts} from '../rewrite/legalize.ts';
import {outputDifference} from './difference.ts';
import {type InputOptions, modelInputs, randomInputs} from './inputs.ts';
import {interleave} from './interleave.ts';
import {type BlocksFootprint, type RunFootprint, footprintOf, outputsOf, runOnce} from './runs.ts';
import {type Timing, median, summarize} from './statistics.ts';

export interface CompareOptions extends InputOptions {
  /** Timed samples of each side. */
  readonly runs?: number | undefined;
  /** Largest difference that passes; by default what the storage type of the weights allows. */
  readonly tolerance?: number | undefined;
  readonly fuse?: FuseOptions | undefined;
  /** Told what goes on, for a display. */
  readonly onProgress?: ((what: string) => void) | undefined;
}

/** A number for each of the two sides. */
export interface Pair<T> {
  readonly stock: T;
  readonly fused: T;
}

export interface Comparison {
  readonly backend: string;
  readonly report: FusionReport;
  readonly blocksFused: number;
  /** Blocks that the model brought fused: they are the same on both sides. */
  readonly blocksBefore: number;
  /** Which of the two the stock side is: the model as it is, or legalized where that is faster or all that runs. */
  readonly stockForm: StockForm;
  readonly maxAbsError: number;
  readonly maxAbsOutput: number;
  readonly tolerance: number;
  readonly passed: boolean;
  /** Null, like every other time here, where the two sides do not agree. */
  readonly stock: Timing | null;
  readonly fused: Timing | null;
  readonly speedup: number | null;
  readonly loadMs: Pair<number> | null;
  readonly kernels: Pair<number>;
  /** Tensors at their highest above what was there before the run, and scratch. Units: bytes. */
  readonly peakBytes: Pair<number>;
  /** What one run spends in fused blocks. */
  readonly fusedBlocks: BlocksFootprint | null;
}

export type StockForm = 'original' | 'legalized';

/** Loading is timed so many times. */
const LOADS = 3;
/** Runs that decide which of two stock forms is the faster. */
const FORM_RUNS = 3;
const FLOAT32_TOLERANCE = 1e-5;
const QUANTIZED_TOLERANCE = 5e-3;

/**
 * Returns how the model's two sides compare on tfjs's current backend. The handler is asked for the model several times.
 * Throws: `unsupported-model` where no stock form runs, `invalid-option` for shapes that do not fit, and what loading throws.
 */
export async function compareModels(tf: Tfjs, model: io.IOHandler, options: CompareOptions = {}): Promise<Comparison> {
  const {runs = 20, onProgress = () => undefined} = options;
  const held: {dispose(): void}[] = [];
  try {
    onProgress('loading both sides');
    const artifacts = await readWeightData(await model.load!());
    const loaded = await loadBoth(tf, model, options.fuse);
    held.push(...loaded.models);
    const {fused} = loaded;
    const inputs = randomInputs(tf, modelInputs(fused), options);
    held.push({
      dispose: () => {
        tf.dispose(inputs);
      },
    });

    onProgress('running the stock side');
    const forms = await stockForms(tf, {original: loaded.stock, artifacts});
    held.push(...Object.values(forms));
    const {form, stock} = await fasterForm(forms, inputs);

    onProgress('checking fused against stock');
    const difference = outputDifference(await outputsOf(fused, inputs), await outputsOf(stock, inputs));
    const tolerance = options.tolerance ?? defaultTolerance(artifacts, difference.maxAbsOutput);
    const passed = difference.maxAbsError <= tolerance;
    const specs = fused.fusionReport.blocks.map(({spec}) => spec);
    const footprints: Pair<RunFootprint> = {
      stock: await footprintOf(tf, {model: stock, inputs, specs: []}),
      fused: await footprintOf(tf, {model: fused, inputs, specs}),
    };

    if (passed) onProgress(`timing ${runs} samples of each side`);
    const times = passed ? await timeBoth({stock, fused}, inputs, runs) : NOT_TIMED;
    return {
      backend: tf.getBackend(),
      report: fused.fusionReport,
      blocksFused: fused.fusionReport.blocks.length,
      blocksBefore: countFused(artifacts),
      stockForm: form,
      ...difference,
      tolerance,
      passed,
      ...times,
      loadMs: passed ? loaded.ms : null,
      kernels: {stock: footprints.stock.kernels, fused: footprints.fused.kernels},
      peakBytes: {stock: footprints.stock.peakBytes, fused: footprints.fused.peakBytes},
      fusedBlocks: passed ? footprints.fused.blocks : null,
    };
  } finally {
    for (const each of held) each.dispose();
  }
}

interface LoadedSides {
  /** Undefined where stock tfjs cannot even load the original. */
  readonly stock: GraphModel | undefined;
  readonly fused: FusedGraphModel;
  readonly models: readonly GraphModel[];
  readonly ms: Pair<number>;
}

/** Loads each side a few times in turns, for the time it takes, and keeps the last of each. */
async function loadBoth(tf: Tfjs, handler: io.IOHandler, fuse: FuseOptions = {}): Promise<LoadedSides> {
  const ms = {stock: [] as number[], fused: [] as number[]};
  let stock: GraphModel | undefined;
  let fused: FusedGraphModel | undefined;
  for (let load = 0; load < LOADS; load++) {
    stock?.dispose();
    fused?.dispose();
    const start = performance.now();
    stock = await tf.loadGraphModel(handler).catch(() => undefined);
    const middle = performance.now();
    fused = await loadFusedGraphModel(handler, {...fuse, tf});
    ms.stock.push(middle - start);
    ms.fused.push(performance.now() - middle);
  }
  return {
    stock,
    fused: fused!,
    models: [stock, fused!].filter((model) => model !== undefined),
    ms: {stock: median(ms.stock), fused: median(ms.fused)},
  };
}

type StockForms = Partial<Record<StockForm, GraphModel>>;

/** Returns the original, and beside it the legalized model where that is another one. */
async function stockForms(
  tf: Tfjs,
  {original, artifacts}: {original: GraphModel | undefined; artifacts: io.ModelArtifacts},
): Promise<StockForms> {
  const {artifacts: legal, legalized} = legalizeArtifacts(artifacts);
  return {
    ...(original === undefined ? {} : {original}),
    ...(legalized.length === 0 ? {} : {legalized: await tf.loadGraphModel(tf.io.fromMemory(legal))}),
  };
}

/** Returns, of the forms that run, the faster one. */
async function fasterForm(forms: StockForms, inputs: NamedTensorMap): Promise<{form: StockForm; stock: GraphModel}> {
  const running: StockForms = {};
  let failure: unknown = 'none';
  for (const form of Object.keys(forms) as StockForm[]) {
    try {
      runOnce(forms[form]!, inputs);
      running[form] = forms[form]!;
    } catch (error) {
      failure = error;
    }
  }
  const {original, legalized} = running;
  if (original === undefined && legalized === undefined)
    throw new BlockFusionError('unsupported-model', {
      where: 'compare',
      must: 'stock tfjs must run the model, at least legalized',
      got: failure,
      fix: "try another backend; 'cpu' has the most kernels",
    });
  if (original === undefined) return {form: 'legalized', stock: legalized!};
  if (legalized === undefined) return {form: 'original', stock: original};
  const ms = await interleave(
    {
      original: () => {
        runOnce(original, inputs);
      },
      legalized: () => {
        runOnce(legalized, inputs);
      },
    },
    {runs: FORM_RUNS},
  );
  return median(ms.original) <= median(ms.legalized)
    ? {form: 'original', stock: original}
    : {form: 'legalized', stock: legalized};
}

type Times = Pick<Comparison, 'stock' | 'fused' | 'speedup'>;

const NOT_TIMED: Times = {stock: null, fused: null, speedup: null};

async function timeBoth({stock, fused}: Pair<GraphModel>, inputs: NamedTensorMap, runs: number): Promise<Times> {
  const ms = await interleave(
    {
      stock: () => {
        runOnce(stock, inputs);
      },
      fused: () => {
        runOnce(fused, inputs);
      },
    },
    {runs},
  );
  const timings = {stock: summarize(ms.stock), fused: summarize(ms.fused)};
  return {...timings, speedup: timings.stock.medianMs / timings.fused.medianMs};
}

/** Returns how many nodes of the model are fused blocks. */
export function countFused(artifacts: io.ModelArtifacts): number {
  return createGraph(artifacts).nodes.filter(({op}) => op === FUSED_RESIDUAL_BLOCK).length;
}

/** What the numbers may differ by for rounding alone: quantized weights are rounded once more when they are folded. */
function defaultTolerance({weightSpecs = []}: io.ModelArtifacts, maxAbsOutput: number): number {
  const quantized = weightSpecs.some((spec) => 'quantization' in spec);
  return (quantized ? QUANTIZED_TOLERANCE : FLOAT32_TOLERANCE) * Math.max(1, maxAbsOutput);
}
