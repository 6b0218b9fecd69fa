/** `waterline MODEL...`: where a model's time goes, stock and fused, against what the machine could do. */
import type {Command} from 'commander';
import {checkGivenRates, type Machine, machineOf} from '../analysis/machine.ts';
import {type ModelWaterline, modelWaterline} from '../analysis/modelWaterline.ts';
import type {Engine} from '../compare/engine.ts';
import {ALL_TFJS} from '../compare/tfjs.ts';
import {type Accuracies, readAccuracies} from './accuracies.ts';
import {startBackend} from './backend.ts';
import {EXIT, printJson, printText, tellError} from './exit.ts';
import {machineMeasure} from './machineCache.ts';
import {modelHandler, modelName} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';
import {importCharts, writeCharts} from './waterlineCharts.ts';
import {describeGaps, describeMachine, describeWaterline} from './waterlineReport.ts';

type WaterlineFlags = Omit<Flags, 'force' | 'browser' | 'tolerance' | 'storage'>;

export function defineWaterline(program: Command): void {
  program
    .command('waterline')
    .description(
      'say where the time goes, stock and fused, which kernels wait for memory, and what the machine could do',
    )
    .argument('<model...>', 'paths to model.json, folders, or URLs')
    .addOption(OPTIONS.backend())
    .addOption(OPTIONS.shape())
    .addOption(OPTIONS.batch())
    .addOption(OPTIONS.seed())
    .addOption(OPTIONS.runs().default(5))
    .addOption(OPTIONS.blocks())
    .addOption(OPTIONS.exclude())
    .addOption(OPTIONS.peak())
    .addOption(OPTIONS.bandwidth())
    .addOption(OPTIONS.cache())
    .addOption(OPTIONS.accuracy())
    .addOption(OPTIONS.out())
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion waterline models/convnext
  $ tfjs-block-fusion waterline models/convnext --peak 60 --bandwidth 20 --out charts
  $ tfjs-block-fusion waterline models/convnext-s models/convnext-l --accuracy accuracies.json --out charts
  $ tfjs-block-fusion waterline models/convnext --backend webgpu --cache machine.json --json

Attainable is the time of a kernel that keeps to the peak and to the bandwidth of the level of memory that holds what it
reads and writes; ideal is the time of its operations alone. With a model that fails half-way the figures are of the kernels that
ran before, and the exit code is ${EXIT.misuse}.`,
    )
    .action(async (models: string[], flags: WaterlineFlags) => {
      process.exitCode = await waterline(models, flags);
    });
}

async function waterline(models: readonly string[], flags: WaterlineFlags): Promise<number> {
  checkGivenRates(flags);
  const names = models.map(modelName);
  const accuracies = flags.accuracy === undefined ? null : await readAccuracies(flags.accuracy, names);
  // What is missing is told before anything is measured.
  const charts = flags.out === undefined ? null : await importCharts();
  const engine = await startBackend(flags.backend);
  const machine = await findMachine(engine, flags);
  const isText = flags.json !== true;
  if (isText) printText(describeMachine(machine, engine));
  const done: ModelWaterline[] = [];
  try {
    for (const model of models) {
      const found = await waterlineOf(model, {machine, accuracies, flags});
      if (isText) printText(`\n${describeWaterline(found, machine)}`);
      done.push(found);
    }
  } catch (error) {
    // What stands is told, and marked: one model less is no reason to measure the others again.
    if (!isText && done.length > 0) printJson({...engine, machine, models: done, complete: false});
    throw error;
  }
  if (isText && (done.length > 1 || accuracies !== null)) printText(`\n${describeGaps(done)}`);
  if (!isText) printJson({...engine, machine, models: done, complete: true});
  if (charts !== null) await writeCharts(flags.out!, charts, {models: done, machine, accuracies});
  return exitCodeOf(done);
}

async function findMachine(engine: Engine, {peak, bandwidth, cache, json, backend}: WaterlineFlags): Promise<Machine> {
  if (peak !== undefined && bandwidth !== undefined) return machineOf(ALL_TFJS, {peak, bandwidth});
  const progress = createProgress(`measuring the machine on ${backend}`, {quiet: json === true});
  try {
    const measure = machineMeasure({cache, engine}, (what) => {
      progress.say(what);
    });
    return await machineOf(ALL_TFJS, {peak, bandwidth}, measure);
  } finally {
    progress.done();
  }
}

interface Weighing {
  readonly machine: Machine;
  readonly accuracies: Accuracies | null;
  readonly flags: WaterlineFlags;
}

async function waterlineOf(model: string, {machine, accuracies, flags}: Weighing): Promise<ModelWaterline> {
  const name = modelName(model);
  const {backend, shape: shapes, batch, runs, seed, json} = flags;
  const progress = createProgress(`tracing ${name} on ${backend} in Node`, {quiet: json === true});
  try {
    return await modelWaterline(ALL_TFJS, modelHandler(model), {
      ...{name, machine, accuracy: accuracies?.get(name)?.accuracy, shapes, batch, runs, seed},
      fuse: fuseOptions(flags),
      onProgress: (what) => {
        progress.say(what);
      },
    });
  } finally {
    progress.done();
  }
}

function exitCodeOf(models: readonly ModelWaterline[]): number {
  const partial = models.filter((model) => model.partial);
  for (const {name, stock, fused} of partial)
    for (const [side, {failure}] of Object.entries({stock, fused}))
      if (failure !== null) tellError(`${name}, ${side}: failed half-way: ${failure}`);
  return partial.length === 0 ? EXIT.good : EXIT.misuse;
}
