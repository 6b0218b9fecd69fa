/** `waterline MODEL...`: where a model's time goes, stock and fused, against what the machine could do. */
import type {Command} from 'commander';
import {checkGivenRates, machineFrom} from '../analysis/machine/givenRates.ts';
import type {Machine} from '../analysis/machine/machine.ts';
import type {ModelWaterline} from '../analysis/modelWaterline.ts';
import {type Accuracies, readAccuracies} from './accuracies.ts';
import {EXIT, printJson, printText, printError} from './exit.ts';
import {type Host, openHost} from './host/host.ts';
import {checkModels, isStoredInLayers, modelName, distinctNames} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';
import {type Charts, importCharts, prepareFolder, writeCharts} from './report/waterlineCharts.ts';
import {inProgram} from './report/engineText.ts';
import {LAYERS_MODEL} from '../report/sideTitles.ts';
import {printableReport} from './report/printable.ts';
import {describeGaps, describeMachine, describeWaterline} from './report/waterlineReport.ts';

type WaterlineFlags = Omit<Flags, 'force' | 'tolerance' | 'storage'>;

export function defineWaterline(program: Command): void {
  program
    .command('waterline')
    .description(
      'say where the time goes, stock and fused, which kernels are memory-bound, and what the machine could do',
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
    .addOption(OPTIONS.accuracy())
    .addOption(OPTIONS.out())
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion waterline models/convnext
  $ tfjs-block-fusion waterline models/convnext --peak 60 --bandwidth 20
  $ tfjs-block-fusion waterline models/convnext --browser --backend webgpu
  $ tfjs-block-fusion waterline models/small models/large --out charts \\
      --accuracy accuracies.json

Attainable is the time of a kernel that keeps to the peak and to the bandwidth
of the level of memory that holds what it reads and writes; ideal is the time of
its operations alone. With a model that fails half-way the figures are of the
kernels that ran before, and the exit code is ${EXIT.misuse}.

FILE of --accuracy has of every model, by its name as printed here, the accuracy
as a share of 1; or with it the interval in which it lies and the family whose
models are drawn alike, either of which may be left out:
  {"small": 0.978,
   "large": {"accuracy": 0.98, "interval": [0.97, 0.99], "family": "ConvNeXt"}}`,
    )
    .action(async (models: string[], flags: WaterlineFlags) => {
      process.exitCode = await waterline(models, flags);
    });
}

async function waterline(models: readonly string[], flags: WaterlineFlags): Promise<number> {
  checkGivenRates(flags);
  const named = namedModels(models);
  // What is wrong or missing is an error before anything is measured.
  await checkModels(models);
  const names = named.map(({name}) => name);
  const accuracies = flags.accuracy === undefined ? null : await readAccuracies(flags.accuracy, names);
  const charts = flags.out === undefined ? null : await importCharts();
  if (flags.out !== undefined) await prepareFolder(flags.out);
  const host = await openHost(flags);
  try {
    const machine = await findMachine(host, flags);
    return await waterlines({named, host, machine, accuracies, charts, flags});
  } finally {
    await host.close();
  }
}

interface NamedModel {
  readonly path: string;
  readonly name: string;
}

/** The models with the names that reports, charts and accuracies know them by. */
function namedModels(paths: readonly string[]): NamedModel[] {
  const names = distinctNames(paths.map(modelName));
  return paths.map((path, i) => ({path, name: names[i]!}));
}

async function findMachine(host: Host, {peak, bandwidth, json}: WaterlineFlags): Promise<Machine> {
  const {backend, simd} = host.engine;
  const measure = async (): Promise<Machine> => {
    const progress = createProgress(`measuring the machine on ${backend}`, {quiet: json === true});
    try {
      return await host.measureMachine({onProgress: progress.say});
    } finally {
      progress.done();
    }
  };
  return machineFrom({backend, simd, measure}, {peak, bandwidth});
}

interface WaterlineContext {
  readonly host: Host;
  readonly machine: Machine;
  readonly accuracies: Accuracies | null;
  readonly flags: WaterlineFlags;
}

interface Work extends WaterlineContext {
  readonly named: readonly NamedModel[];
  readonly charts: Charts | null;
}

async function waterlines(work: Work): Promise<number> {
  const {named, host, machine, flags} = work;
  const isText = flags.json !== true;
  if (isText) printText(describeMachine(machine, host));
  const done: ModelWaterline[] = [];
  try {
    for (const model of named) {
      const found = await waterlineOf(model, work);
      if (isText) {
        printText(
          `\n${describeWaterline(printableReport(found), machine, {columns: process.stdout.columns || undefined})}`,
        );
        if (await isStoredInLayers(model.path)) printText(LAYERS_MODEL);
      }
      done.push(found);
    }
  } finally {
    // Where a model fails, those before it are reported, marked as incomplete: they need not be measured again.
    if (done.length > 0) await reportAll(done, work);
  }
  return exitCodeOf(done);
}

async function reportAll(
  models: readonly ModelWaterline[],
  {named, charts, host, machine, accuracies, flags}: Work,
): Promise<void> {
  const complete = models.length === named.length;
  if (flags.json === true) {
    const rated = models.map((model) => ({...model, ...accuracies?.get(model.name)}));
    printJson({...host.engine, browser: host.browser, machine, models: rated, complete});
  } else {
    if (models.length > 1 || accuracies !== null) printText(`\n${describeGaps(models, accuracies)}`);
    if (!complete) printText(`\nPARTIAL: ${models.length} of ${named.length} models, before one that failed`);
  }
  if (charts === null) return;
  const written = await writeCharts(flags.out!, charts, {models, machine, accuracies});
  if (flags.json !== true) printText(`\n${flags.out!}: ${written} charts written`);
}

async function waterlineOf(
  {path, name}: NamedModel,
  {host, machine, accuracies, flags}: WaterlineContext,
): Promise<ModelWaterline> {
  const {backend, shape: shapes, batch, runs, seed, json} = flags;
  const progress = createProgress(`tracing ${name} on ${backend} ${inProgram(host)}`, {quiet: json === true});
  try {
    return await host.waterline(path, {
      ...{name, machine, accuracy: accuracies?.get(name)?.accuracy, shapes, batch, runs, seed},
      fuse: fuseOptions(flags),
      onProgress: progress.say,
    });
  } finally {
    progress.done();
  }
}

function exitCodeOf(models: readonly ModelWaterline[]): number {
  const partial = models.filter((model) => model.partial);
  for (const {name, stock, fused} of partial)
    for (const [side, {failure}] of Object.entries({stock, fused}))
      if (failure !== null) printError(`${name}, ${side}: failed half-way: ${failure}`);
  return partial.length === 0 ? EXIT.good : EXIT.misuse;
}
