/** The two sides of a comparison: loaded from one handler, the stock one in the form in which stock tfjs runs it best. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, io} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import type {Precision} from '../../ops/params.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../load/load.ts';
import type {FuseOptions} from '../rewrite/options.ts';
import {legalizeArtifacts} from '../rewrite/legalize.ts';
import {OWN_TFJS, type Tfjs} from '../tfjs.ts';
import {interleave} from './interleave.ts';
import type {Pair} from './pair.ts';
import {completeRun} from './runs.ts';
import {median} from './statistics.ts';

/** What the stock side is: the model as it is, or legalized. */
export type StockForm = 'original' | 'legalized';

export interface StockSide {
  readonly form: StockForm;
  readonly model: GraphModel;
}

/** Models in use, to be disposed together whatever happens. */
export type Held = {dispose(): void}[];

interface LoadedSides {
  /** Null where stock tfjs cannot even load the original. */
  readonly original: GraphModel | null;
  readonly fused: FusedGraphModel;
  readonly loadMs: Pair<number>;
}

/** Loading is timed so many times. */
const LOADS = 3;
/** Samples that decide which of two stock forms is the faster. */
const FORM_RUNS = 3;

/** Loads original and fused alternately, a few times, to time that, and keeps the last of each. */
export async function loadSides({
  handler,
  fuse = {},
  precision,
  held,
  tf = OWN_TFJS,
}: {
  handler: io.IOHandler;
  fuse: FuseOptions | undefined;
  /** Of the fused side. */
  precision?: Precision | undefined;
  held: Held;
  tf?: Tfjs | undefined;
}): Promise<LoadedSides> {
  const ms = {stock: [] as number[], fused: [] as number[]};
  for (let load = 1; ; load++) {
    const start = performance.now();
    const original = await tf.loadGraphModel(handler).catch(() => null);
    if (original !== null) held.push(original);
    const middle = performance.now();
    const fused = await loadFusedGraphModel(handler, {...fuse, ...(precision === undefined ? {} : {precision}), tf});
    held.push(fused);
    ms.stock.push(middle - start);
    ms.fused.push(performance.now() - middle);
    if (load === LOADS) return {original, fused, loadMs: {stock: median(ms.stock), fused: median(ms.fused)}};
    disposeAll(held);
  }
}

export function disposeAll(held: Held): void {
  for (const each of held.splice(0)) each.dispose();
}

/** What a stock side is made of, and where it is held. */
export interface StockModels {
  /** Null where stock tfjs cannot even load it. */
  readonly original: GraphModel | null;
  readonly artifacts: io.ModelArtifacts;
  readonly inputs: NamedTensorMap;
  readonly held: Held;
  /** The page's own tfjs. */
  readonly tf?: Tfjs | undefined;
}

/**
 * Returns the stock side: of the original and the legalized model the faster one that runs. The original is none where tfjs is known to
 * compute it wrongly.
 * Throws: `unsupported-model` where neither does.
 */
export async function stockSide({original, artifacts, inputs, held, tf = OWN_TFJS}: StockModels): Promise<StockSide> {
  const legal = legalizeArtifacts(artifacts);
  const isWrong = legal.legalized.some(({wrong}) => wrong);
  const forms: StockSide[] = original === null || isWrong ? [] : [{form: 'original', model: original}];
  if (legal.legalized.length > 0) {
    const model = await tf.loadGraphModel(tf.io.fromMemory(legal.artifacts));
    held.push(model);
    forms.push({form: 'legalized', model});
  }
  return fastest(await runningForms(forms, inputs), inputs);
}

async function runningForms(forms: readonly StockSide[], inputs: NamedTensorMap): Promise<StockSide[]> {
  let failure: unknown = 'a model that does not load';
  const running: StockSide[] = [];
  for (const form of forms) {
    try {
      await completeRun(form.model, inputs)();
      running.push(form);
    } catch (error) {
      failure = error;
    }
  }
  if (running.length > 0) return running;
  throw new BlockFusionError('unsupported-model', {
    where: 'the stock side',
    must: 'stock tfjs must run the model, at least legalized',
    got: failure,
    fix: "try another backend; 'cpu' has the most kernels",
  });
}

async function fastest(forms: readonly StockSide[], inputs: NamedTensorMap): Promise<StockSide> {
  if (forms.length === 1) return forms[0]!;
  const sides = forms.map(({form, model}) => [form, completeRun(model, inputs)] as const);
  const ms = await interleave(Object.fromEntries(sides), {runs: FORM_RUNS});
  return forms.reduce((best, each) => (median(ms[each.form]!) < median(ms[best.form]!) ? each : best));
}
