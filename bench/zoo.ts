/**
 * `npm run bench:zoo -- MODELS...`: families of models, stock and fused, all in turns, against their accuracies: the efficiency gap
 * of each, and how a family's fused models compare with the stock models of others that are as accurate. On wasm, in Node.
 */
import {Command} from 'commander';
import {measureMachine} from '../src/analysis/machine.ts';
import {type EfficiencyGap, efficiencyGap} from '../src/analysis/efficiencyGap.ts';
import {traceModel} from '../src/analysis/trace.ts';
import {waterline} from '../src/analysis/waterline.ts';
import {duration, percent, threeDigits, withUnit} from '../src/analysis/charts/units.ts';
import {readAccuracies} from '../src/cli/accuracies.ts';
import {startBackend} from '../src/cli/backend.ts';
import {modelHandler, modelName} from '../src/cli/modelArgument.ts';
import {table} from '../src/cli/table.ts';
import {modelInputs, randomInputs} from '../src/compare/inputs.ts';
import {interleave, type Side} from '../src/compare/interleave.ts';
import {sideOf} from '../src/compare/runs.ts';
import {disposeAll, type Held, stockSide} from '../src/compare/sides.ts';
import {summarize, type Timing} from '../src/compare/statistics.ts';
import {ALL_TFJS as tf} from '../src/compare/tfjs.ts';
import {readWeightData} from '../src/graph/weights.ts';
import {loadFusedGraphModel} from '../src/load.ts';
import {type EqualPair, equalPairs, type FamilyModel} from './equalAccuracy.ts';
import {runsOption} from './flags.ts';
import {machine} from './machine.ts';

interface Flags {
  readonly accuracy: string;
  readonly family: string;
  readonly runs: number;
  readonly json?: boolean;
}

const program = new Command('npm run bench:zoo --')
  .argument('<model...>', 'folders of models, named as in the accuracies')
  .option('--accuracy <file>', 'accuracies, as waterline takes them', 'models/zoo/accuracies.json')
  .option('--family <name>', 'the family whose fused models are compared with the others', 'ConvFirst')
  .addOption(runsOption(100))
  .option('--json', 'one JSON line on stdout, nothing else')
  .parse();
const flags = program.opts<Flags>();
const folders = program.args;
const names = folders.map(modelName);
const accuracies = await readAccuracies(flags.accuracy, names);
const claims = new Map(names.map((name) => [name, claimOf(name)] as const));
const engine = await startBackend('wasm');

/** A model ready to run both ways. */
interface Loaded extends Readonly<Record<'stock' | 'fused', Side>> {
  readonly name: string;
  /** 2·MACs. */
  readonly ops: number;
}

const held: Held = [];
const loaded: Loaded[] = [];
for (const folder of folders) loaded.push(await load(folder));
const peakBefore = await measureMachine(tf);
const times = await timeAll(loaded);
const peakAfter = await measureMachine(tf);
disposeAll(held);
const peak = peakBefore.opsPerS > peakAfter.opsPerS ? peakBefore : peakAfter;
const models = loaded.map(familyModel);
const pairs = equalPairs(models, flags.family);
const environment = {...(await machine()), node: `Node ${process.versions.node}`, simd: engine.simd ?? 'no SIMD'};
process.stdout.write(flags.json === true ? json() : text());

/** What the file says of a model: all of it must be there, before anything is measured. */
function claimOf(name: string): Pick<FamilyModel, 'family' | 'accuracy' | 'interval'> {
  const {accuracy, interval, family} = accuracies.get(name)!;
  if (interval === undefined || family === undefined)
    throw new Error(`${flags.accuracy}: each model must have an interval and a family, got ${name} without; add them`);
  return {accuracy, interval, family};
}

async function load(folder: string): Promise<Loaded> {
  const name = modelName(folder);
  process.stderr.write(`loading ${name}\n`);
  const artifacts = await readWeightData(await modelHandler(folder).load!());
  const handler = tf.io.fromMemory(artifacts);
  const original = await tf.loadGraphModel(handler).catch(() => null);
  const fused = await loadFusedGraphModel(handler, {blocks: 'all', tf});
  const inputs = randomInputs(tf, modelInputs(fused));
  held.push(...(original === null ? [] : [original]), fused, ...Object.values(inputs));
  const {model: stock} = await stockSide(tf, {original, artifacts, inputs, held});
  const trace = await traceModel(tf, fused, inputs, {runs: 1});
  // The rates do not matter: only the operations are asked for.
  const {total} = waterline(trace, {opsPerS: 1, bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 1}]});
  return {name, ops: 2 * total.macs, stock: sideOf(tf, stock, inputs), fused: sideOf(tf, fused, inputs)};
}

async function timeAll(models: readonly Loaded[]): Promise<Map<string, Timing>> {
  process.stderr.write('timing all in turns\n');
  const sides = models.flatMap(({name, stock, fused}) => [
    [`${name}, stock`, stock] as const,
    [`${name}, fused`, fused] as const,
  ]);
  const ms = await interleave(Object.fromEntries(sides), {runs: flags.runs, minSampleMs: 20, maxWarmups: 200});
  return new Map(Object.entries(ms).map(([side, each]) => [side, summarize(each)]));
}

function familyModel({name, ops}: Loaded): FamilyModel {
  const claim = claims.get(name)!;
  const gapOf = (side: string): EfficiencyGap =>
    efficiencyGap(
      [{name: `${name}, ${side}`, ops, accuracy: claim.accuracy, actualMs: times.get(`${name}, ${side}`)!.medianMs}],
      peak,
    )[0]!;
  return {name, ...claim, stock: gapOf('stock'), fused: gapOf('fused')};
}

function json(): string {
  const sides = Object.fromEntries(times);
  return `${JSON.stringify({environment, peaks: [peakBefore, peakAfter], times: sides, models, pairs: pairs.map(pairJson)})}\n`;
}

function pairJson({fused, stock, ...rest}: EqualPair): object {
  return {fused: fused.name, stock: stock.name, ...rest};
}

function text(): string {
  const spread = (side: string): string => {
    const {medianMs, p10Ms, p90Ms} = times.get(side)!;
    return `${threeDigits(medianMs)} (${threeDigits(p10Ms)} to ${threeDigits(p90Ms)})`;
  };
  const all = table(models, [
    {title: 'model', text: ({name}) => name},
    {title: 'accuracy', text: ({interval}) => interval.map((end) => percent(end)).join(' to ')},
    {title: 'ideal ms', text: ({stock}) => threeDigits(stock.idealMs), align: 'right'},
    {title: 'stock ms', text: ({name}) => spread(`${name}, stock`), align: 'right'},
    {title: 'efficient', text: ({stock}) => percent(stock.efficiency), align: 'right'},
    {title: 'fused ms', text: ({name}) => spread(`${name}, fused`), align: 'right'},
    {title: 'efficient', text: ({fused}) => percent(fused.efficiency), align: 'right'},
  ]);
  const equal = table(pairs, [
    {title: 'fused', text: ({fused}) => fused.name},
    {title: 'gap', text: ({fused}) => duration(fused.fused.gapMs), align: 'right'},
    {title: 'stock, as accurate', text: ({stock}) => stock.name},
    {title: 'gap', text: ({stock}) => duration(stock.stock.gapMs), align: 'right'},
    {title: 'intervals share', text: (pair) => `${(100 * pair.overlap).toFixed(2)} points`, align: 'right'},
    {title: 'as fast', text: ({ratio}) => `${ratio.toFixed(2)}×`, align: 'right'},
  ]);
  const found = [peakBefore, peakAfter].map(({opsPerS}) => withUnit(opsPerS, 'op/s')).join(' before, ');
  return `${Object.values(environment).join(', ')}\npeak: ${found} after\n\n${all}\n\n${equal}\n`;
}
