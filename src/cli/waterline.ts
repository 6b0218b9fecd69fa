/** `waterline MODEL...`: where a model's time goes, stock and fused, against what the machine could do. */
import type {Command} from 'commander';
import {checkGivenRates, type Machine, machineFrom} from '../analysis/machine.ts';
import type {ModelWaterline} from '../analysis/modelWaterline.ts';
import {type Accuracies, readAccuracies} from './accuracies.ts';
import {EXIT, printJson, printText, tellError} from './exit.ts';
import {measuredMachine} from './machineCache.ts';
import {modelName} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';
import {type Charts, importCharts, writeCharts} from './waterlineCharts.ts';
import {openPlace, type WaterlinePlace} from './waterlinePlace.ts';
import {describeGaps, describeMachine, describeWaterline} from './waterlineReport.ts';

type WaterlineFlags = Omit<Flags, 'force' | 'tolerance' | 'storage'>;

export function defineWaterline(program: Command): void {
  program
    .command('waterline')
    .description(
      'say where the time goes, stock and fused, which kernels wait for memory, and what the machine could do',
    )
    .argument('<model...>', 'paths to model.json, folders, or URLs')
    .addOption(OPTIONS.backend())
    .addOption(OPTIONS.browser())
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
  $ tfjs-block-fusion waterline models/convnext --browser --backend webgpu --cache machine.json --json

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
  const place = await openPlace(flags);
  try {
    const machine = await findMachine(place, flags);
    return await waterlines({models, place, machine, accuracies, charts, flags});
  } finally {
    await place.close();
  }
}

async function findMachine(place: WaterlinePlace, {peak, bandwidth, cache, json}: WaterlineFlags): Promise<Machine> {
  const {backend} = place.engine;
  const measure = async (): Promise<Machine> => {
    const progress = createProgress(`measuring the machine on ${backend}`, {quiet: json === true});
    try {
      return await measuredMachine(place, cache, (what) => {
        progress.say(what);
      });
    } finally {
      progress.done();
    }
  };
  return machineFrom({backend, measure}, {peak, bandwidth});
}

interface Weighing {
  readonly place: WaterlinePlace;
  readonly machine: Machine;
  readonly accuracies: Accuracies | null;
  readonly flags: WaterlineFlags;
}

async function waterlines({
  models,
  charts,
  ...weighing
}: Weighing & {models: readonly string[]; charts: Charts | null}): Promise<number> {
  const {place, machine, accuracies, flags} = weighing;
  const isText = flags.json !== true;
  const done: ModelWaterline[] = [];
  const printAll = (complete: boolean): void => {
    printJson({...place.engine, browser: place.browser, machine, models: done, complete});
  };
  if (isText) printText(describeMachine(machine, place));
  try {
    for (const model of models) {
      const found = await waterlineOf(model, weighing);
      if (isText) printText(`\n${describeWaterline(found, machine)}`);
      done.push(found);
    }
  } catch (error) {
    // What stands is told, and marked: one model less is no reason to measure the others again.
    if (!isText && done.length > 0) printAll(false);
    throw error;
  }
  if (isText && (done.length > 1 || accuracies !== null)) printText(`\n${describeGaps(done)}`);
  if (!isText) printAll(true);
  if (charts !== null) await writeCharts(flags.out!, charts, {models: done, machine, accuracies});
  return exitCodeOf(done);
}

async function waterlineOf(model: string, {place, machine, accuracies, flags}: Weighing): Promise<ModelWaterline> {
  const name = modelName(model);
  const {backend, shape: shapes, batch, runs, seed, json} = flags;
  const where = place.browser === null ? 'in Node' : 'in Chromium';
  const progress = createProgress(`tracing ${name} on ${backend} ${where}`, {quiet: json === true});
  try {
    return await place.waterline(model, {
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
