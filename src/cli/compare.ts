/** `compare MODEL...`: stock and fused side by side, the worst difference first, times only where it passes. */
import type {Command} from 'commander';
import {type LabelledImages, readLabelledImages} from '../compare/accuracy.ts';
import {EXIT, printJson, printText} from './exit.ts';
import {type Host, openHost} from './host/host.ts';
import {checkModels, isStoredInLayers, modelName} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';
import {describeComparison, type ModelComparison} from './report/compareReport.ts';
import {printableReport} from './report/printable.ts';
import {inProgram} from './report/engineText.ts';

type CompareFlags = Omit<Flags, 'force' | 'storage'>;

export function defineCompare(program: Command): void {
  program
    .command('compare')
    .description('run stock and fused side by side: the worst difference first, then interleaved times')
    .argument('<model...>', 'paths to model.json, folders, or URLs')
    .addOption(OPTIONS.backend())
    .addOption(OPTIONS.browser())
    .addOption(OPTIONS.shape())
    .addOption(OPTIONS.batch())
    .addOption(OPTIONS.runs())
    .addOption(OPTIONS.seed())
    .addOption(OPTIONS.tolerance())
    .addOption(OPTIONS.images())
    .addOption(OPTIONS.blocks())
    .addOption(OPTIONS.exclude())
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion compare models/convnext
  $ tfjs-block-fusion compare models/convnext models/convfirst --browser
  $ tfjs-block-fusion compare models/convnext --backend webgpu --batch 32
  $ tfjs-block-fusion compare models/digits --images models/digits-test
  $ tfjs-block-fusion compare models/convnext --shape input=4,224,224,3 --json

Outputs that were chosen, as by top-k or non-max suppression, may change their
order for a rounding error: what goes into the choice is compared in their
place.

With --images each model classifies a test set. FOLDER/test.json is
  {"schema": 1, "images": "images.bin", "dtype": "uint8", "scale": 255,
   "shape": [n, h, w, c], "labels": [...]}
and a pixel is its byte in images.bin ÷ scale.

On webgpu a run ends when its outputs were read back; the GPU's own time stands
beside it where the GPU can tell. With several models, --json prints
{schema, comparisons: [...]}.`,
    )
    .action(async (models: string[], flags: CompareFlags) => {
      process.exitCode = await compare(models, flags);
    });
}

async function compare(models: readonly string[], flags: CompareFlags): Promise<number> {
  await checkModels(models);
  const images = flags.images === undefined ? undefined : await readLabelledImages(flags.images);
  const host = await openHost(flags);
  const done: ModelComparison[] = [];
  try {
    for (const model of models) {
      const comparison = await compareOne(model, {host, flags, images});
      if (flags.json !== true)
        printText(`${done.length > 0 ? '\n' : ''}${describeComparison(printableReport(comparison))}`);
      done.push(comparison);
    }
  } finally {
    await host.close();
  }
  if (flags.json === true) printJson(done.length === 1 ? asJson(done[0]!) : {comparisons: done.map(asJson)});
  return done.every(({passed}) => passed) ? EXIT.good : EXIT.failed;
}

interface CompareWork {
  readonly host: Host;
  readonly flags: CompareFlags;
  readonly images: LabelledImages | undefined;
}

async function compareOne(model: string, {host, flags, images}: CompareWork): Promise<ModelComparison> {
  const {shape: shapes, batch, runs, seed, tolerance, json} = flags;
  const work = `comparing ${modelName(model)} on ${host.engine.backend} ${inProgram(host)}`;
  const progress = createProgress(work, {quiet: json === true});
  try {
    const comparison = await host.compare(model, {
      ...{shapes, batch, runs, seed, tolerance, images, fuse: fuseOptions(flags)},
      onProgress: progress.say,
    });
    return {model, layersModel: await isStoredInLayers(model), ...comparison, ...host.engine, browser: host.browser};
  } finally {
    progress.done();
  }
}

/** The report's fields lie beside the others, but for its threads: the engine tells of both sides'. */
function asJson({report, ...comparison}: ModelComparison): object {
  return {...report, ...comparison};
}
