/** A model's waterlines, stock and fused, on tfjs's current backend: both sides loaded, traced, and set against one machine. */
import type {io} from '@tensorflow/tfjs-core';
import {checkOptionNames} from '../../ops/options.ts';
import type {Precision} from '../../ops/params.ts';
import {givenInputShape, type InputOptions, modelInputs, randomInputs} from '../run/inputs.ts';
import {both, type Pair} from '../run/pair.ts';
import {compileBefore} from '../run/runs.ts';
import {disposeAll, type Held, type StockForm, type StockModels, type StockSide, stockSide} from '../run/sides.ts';
import {createGraph} from '../graph/graph.ts';
import {readWeightData} from '../graph/weights.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../load/load.ts';
import {registerBlockFusion} from '../load/register.ts';
import type {FuseOptions} from '../rewrite/options.ts';
import type {FusionReport} from '../rewrite/report.ts';
import {countFused} from '../rewrite/wellFormed.ts';
import {OWN_TFJS, type Tfjs} from '../tfjs.ts';
import {type EfficiencyGap, efficiencyGap} from './efficiencyGap.ts';
import {type Trace, traceModel} from './trace.ts';
import type {MachineRates} from './bounds.ts';
import {type Waterline, waterline} from './waterline.ts';

/** What is traced, and what it is set against. */
export interface ModelWaterlineOptions extends InputOptions {
  /** Of the model, for people. */
  readonly name: string;
  /** What the machine can do: as measured by measureMachine, or given. */
  readonly machine: MachineRates;
  /** As a share of 1, where it is known. */
  readonly accuracy?: number | undefined;
  /** Traced runs of each side. */
  readonly runs?: number | undefined;
  /** Of the fused side. Default: as loadFusedGraphModel fuses. */
  readonly fuse?: FuseOptions | undefined;
  /** What the fused side computes in, as in LoadOptions. Default 'float32'. */
  readonly precision?: Precision | undefined;
  /** The page's own copy of tfjs. Default: the one that this package imports. */
  readonly tf?: Tfjs | undefined;
  /** Called with what goes on, for a display. */
  readonly onProgress?: ((what: string) => void) | undefined;
}

const OPTIONS: readonly (keyof ModelWaterlineOptions)[] = [
  ...(['name', 'machine', 'accuracy', 'runs', 'fuse', 'precision', 'tf', 'onProgress'] as const),
  ...(['shapes', 'batch', 'seed'] as const),
];

/** Plain data, for JSON. */
export interface ModelWaterline extends Pair<Waterline> {
  /** As it was given. */
  readonly name: string;
  /** What was fused. */
  readonly report: FusionReport;
  /** How the stock side was run. */
  readonly stockForm: StockForm;
  /** Blocks that are fused in the model as it is: both sides run them so. */
  readonly blocksBefore: number;
  /** 2·MACs of the model, which both sides have for their ideal. Units: operations. */
  readonly ops: number;
  /** Null of a side that failed, or took less than the clock's resolution, and of a model without products. */
  readonly gap: Pair<EfficiencyGap | null>;
  /** Whether a side failed half-way: its figures are of the kernels that ran before. */
  readonly partial: boolean;
}

/**
 * Returns the model's waterlines. A side that fails half-way is one of the kernels that ran before, marked so.
 * Throws: `unsupported-model` where stock tfjs does not even load the model, `invalid-option` for shapes that do not fit, and what
 * loading throws.
 */
export async function modelWaterline(model: io.IOHandler, options: ModelWaterlineOptions): Promise<ModelWaterline> {
  checkOptionNames('modelWaterline', options, OPTIONS);
  const {name, machine, accuracy, ...traced} = options;
  const {traces, ...found} = await traceSides(model, traced);
  const sides = both(traces, (trace) => waterline(trace, machine, {blocks: found.report.blocks}));
  const ops = 2 * (sides.stock.failure === null ? sides.stock : sides.fused).total.macs;
  const gapOf = (side: keyof Pair<unknown>): EfficiencyGap | null => {
    const {wallMs} = sides[side];
    if (wallMs === null || wallMs === 0 || ops === 0) return null;
    return efficiencyGap([{name, side, ops, actualMs: wallMs, accuracy}], machine)[0]!;
  };
  return {
    ...{name, ...found, ops, ...sides},
    gap: {stock: gapOf('stock'), fused: gapOf('fused')},
    partial: sides.stock.failure !== null || sides.fused.failure !== null,
  };
}

/** What ran of a model, stock and fused. */
interface TracedSides {
  readonly traces: Pair<Trace>;
  readonly report: FusionReport;
  readonly stockForm: StockForm;
  readonly blocksBefore: number;
}

type TraceSidesOptions = Omit<ModelWaterlineOptions, 'name' | 'machine' | 'accuracy'>;

/** Returns the traces that a model's waterlines are of. Throws: as modelWaterline. */
export async function traceSides(model: io.IOHandler, options: TraceSidesOptions): Promise<TracedSides> {
  const {runs, tf = OWN_TFJS, onProgress = () => undefined} = options;
  const held: Held = [];
  try {
    onProgress('loading both sides');
    const artifacts = await readWeightData(await model.load!());
    // A model that has fused blocks is loaded as it is, too.
    registerBlockFusion({tf});
    const original = await tf.loadGraphModel(tf.io.fromMemory(artifacts)).catch(() => null);
    if (original !== null) held.push(original);
    const fused = await loadFused(artifacts, options);
    held.push(fused);
    const inputs = randomInputs(modelInputs(fused), options);
    held.push(...Object.values(inputs));

    onProgress('running the stock side');
    const {form, model: stock} = await stockToTrace({original, artifacts, inputs, held, tf});
    onProgress('tracing the stock side');
    const stockTrace = await traceModel(stock, inputs, {runs});
    onProgress('tracing the fused side');
    // A model that fails here fails in its trace, too, which says where.
    await compileBefore(fused, inputs).catch(() => undefined);
    const fusedTrace = await traceModel(fused, inputs, {runs});
    return {
      traces: {stock: stockTrace, fused: fusedTrace},
      ...{report: fused.fusionReport, stockForm: form, blocksBefore: countFused(createGraph(artifacts))},
    };
  } finally {
    disposeAll(held);
  }
}

async function loadFused(
  artifacts: io.ModelArtifacts,
  {fuse = {}, precision, shapes, batch, tf = OWN_TFJS}: TraceSidesOptions,
): Promise<FusedGraphModel> {
  const inputShape = givenInputShape(createGraph(artifacts), {shapes, batch});
  return loadFusedGraphModel(tf.io.fromMemory(artifacts), {
    ...fuse,
    ...(inputShape === undefined ? {} : {inputShape}),
    ...(precision === undefined ? {} : {precision}),
    tf,
  });
}

/** Where no form runs to its end, the trace of the original shows how far it comes. */
async function stockToTrace(models: StockModels): Promise<StockSide> {
  try {
    return await stockSide(models);
  } catch (error) {
    if (models.original === null) throw error;
    return {form: 'original', model: models.original};
  }
}
