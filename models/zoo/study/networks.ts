/** Families of models, stock and fused, all timed in turns on wasm in this process. */
import {BlockFusionError} from '../../../ops/errors.ts';
import {type EfficiencyGap, efficiencyGap} from '../../../src/analysis/efficiencyGap.ts';
import {type Machine, measureMachine} from '../../../src/analysis/machine/machine.ts';
import {traceModel} from '../../../src/analysis/trace.ts';
import {waterline} from '../../../src/analysis/waterline.ts';
import {readAccuracies} from '../../../src/cli/accuracies.ts';
import {startBackend} from '../../../src/cli/host/backend.ts';
import {modelHandler, modelName} from '../../../src/cli/modelArgument.ts';
import {modelInputs, randomInputs} from '../../../src/run/inputs.ts';
import {interleave, type CompleteRun, warmupMs} from '../../../src/run/interleave.ts';
import type {Pair} from '../../../src/run/pair.ts';
import {completeRun} from '../../../src/run/runs.ts';
import {disposeAll, type Held, stockSide} from '../../../src/run/sides.ts';
import {summarize, type Timing} from '../../../src/run/statistics.ts';
import {ALL_TFJS as tf} from '../../../src/run/allTfjs.ts';
import {readWeightData} from '../../../src/graph/weights.ts';
import {loadFusedGraphModel} from '../../../src/load/load.ts';
import type {FamilyModel} from './equalAccuracy.ts';
import {machine} from '../../../bench/speed/machine.ts';

/** Plain data, for JSON. */
export interface ZooRecord {
  readonly environment: Readonly<Record<string, string>>;
  /** Before and after; the better one counts. */
  readonly peaks: readonly Machine[];
  /** By model and side, as in 'convfirst-small, stock'. */
  readonly times: Readonly<Record<string, Timing>>;
  readonly models: readonly FamilyModel[];
}

export interface ZooOptions {
  /** The file of accuracies, as waterline takes it. */
  readonly accuracy: string;
  /** Timed samples of each side. */
  readonly runs: number;
}

type Claim = Pick<FamilyModel, 'family' | 'accuracy' | 'interval'>;

/** Returns how the models in these folders run. Throws: `invalid-option` where the file lacks one of them, its interval or its family. */
export async function runZoo(folders: readonly string[], {accuracy, runs}: ZooOptions): Promise<ZooRecord> {
  const claims = await readClaims(accuracy, folders.map(modelName));
  const {simd} = await startBackend('wasm');
  const held: Held = [];
  const loaded: Loaded[] = [];
  for (const folder of folders) loaded.push(await load(folder, held));
  const before = await measureMachine();
  const times = await timeAll(loaded, runs);
  const after = await measureMachine();
  disposeAll(held);
  const peak = better(before, after);
  return {
    environment: {...(await machine()), node: `Node ${process.versions.node}`, simd: simd ?? 'no SIMD'},
    peaks: [before, after],
    times,
    models: loaded.map((model) => familyModel(model, claims.get(model.name)!, {times, peak})),
  };
}

/** Returns the machine that was seen to do more. */
export function better(a: Machine, b: Machine): Machine {
  return a.opsPerS > b.opsPerS ? a : b;
}

async function readClaims(file: string, names: readonly string[]): Promise<ReadonlyMap<string, Claim>> {
  const accuracies = await readAccuracies(file, names);
  const claimOf = (name: string): Claim => {
    const {accuracy, interval, family} = accuracies.get(name)!;
    if (interval === undefined || family === undefined)
      throw new BlockFusionError('invalid-option', {
        where: `--accuracy ${file}`,
        must: 'each model must have an interval and a family',
        got: `${name} without`,
        fix: 'add them',
      });
    return {accuracy, interval, family};
  };
  return new Map(names.map((name) => [name, claimOf(name)]));
}

/** A model ready to run both ways. */
interface Loaded extends Pair<CompleteRun> {
  readonly name: string;
  /** 2·MACs. */
  readonly ops: number;
}

async function load(folder: string, held: Held): Promise<Loaded> {
  const name = modelName(folder);
  process.stderr.write(`loading ${name}\n`);
  const artifacts = await readWeightData(await modelHandler(folder).load!());
  const handler = tf.io.fromMemory(artifacts);
  const original = await tf.loadGraphModel(handler).catch(() => null);
  const fused = await loadFusedGraphModel(handler, {blocks: 'all', tf});
  const inputs = randomInputs(modelInputs(fused));
  held.push(...(original === null ? [] : [original]), fused, ...Object.values(inputs));
  const {model: stock} = await stockSide({original, artifacts, inputs, held});
  const trace = await traceModel(fused, inputs, {runs: 1});
  // The rates do not matter: only the operations are asked for.
  const {total} = waterline(trace, {opsPerS: 1, bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 1}]});
  return {name, ops: 2 * total.macs, stock: completeRun(stock, inputs), fused: completeRun(fused, inputs)};
}

const sideName = (model: string, side: keyof Pair<unknown>): string => `${model}, ${side}`;

async function timeAll(models: readonly Loaded[], runs: number): Promise<ZooRecord['times']> {
  process.stderr.write('timing all in turns\n');
  const sides = models.flatMap(({name, stock, fused}) => [
    [sideName(name, 'stock'), stock] as const,
    [sideName(name, 'fused'), fused] as const,
  ]);
  const ms = await interleave(Object.fromEntries(sides), {runs, minSampleMs: 20, minWarmupMs: warmupMs(runs, 1)});
  return Object.fromEntries(Object.entries(ms).map(([side, each]) => [side, summarize(each)]));
}

function familyModel(
  {name, ops}: Loaded,
  claim: Claim,
  {times, peak}: Pick<ZooRecord, 'times'> & {readonly peak: Machine},
): FamilyModel {
  const gapOf = (side: keyof Pair<unknown>): EfficiencyGap => {
    const named = sideName(name, side);
    return efficiencyGap([{name: named, ops, accuracy: claim.accuracy, actualMs: times[named]!.medianMs}], peak)[0]!;
  };
  return {name, ...claim, stock: gapOf('stock'), fused: gapOf('fused')};
}
