/** `compare MODEL...`: stock and fused side by side, the worst difference first, times only where it passes. */
import type {Command} from 'commander';
import {type LabelledImages, readLabelledImages} from '../compare/accuracy.ts';
import {compareModels, type CompareOptions} from '../compare/compareModels.ts';
import {ALL_TFJS} from '../run/allTfjs.ts';
import {startBackend} from './backend.ts';
import {describeComparison, type ModelComparison} from './compareReport.ts';
import {compareInBrowser} from './browser/compareInBrowser.ts';
import {EXIT, printJson, printText} from './exit.ts';
import {modelHandler, modelName, readModel} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';

type CompareFlags = Omit<Flags, 'force'>;

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
    .addOption(OPTIONS.storage())
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion compare models/convnext
  $ tfjs-block-fusion compare models/convnext models/convfirst --browser --runs 50
  $ tfjs-block-fusion compare models/convnext --backend webgpu --batch 32
  $ tfjs-block-fusion compare models/digits --images models/digits-test
  $ tfjs-block-fusion compare models/convnext --shape input=4,224,224,3 --backend cpu --json

With --images each model classifies a test set of its own kind of image: FOLDER/test.json is {"schema": 1, "images": "images.bin",
"dtype": "uint8", "scale": 255, "shape": [n, h, w, c], "labels": [...]}, and a pixel is its byte in images.bin ÷ scale.
On webgpu a run ends when its outputs were read back; the GPU's own time stands beside it where the GPU can tell.
With several models, --json prints {schema, comparisons: [...]}.`,
    )
    .action(async (models: string[], flags: CompareFlags) => {
      process.exitCode = await compare(models, flags);
    });
}

async function compare(models: readonly string[], flags: CompareFlags): Promise<number> {
  const images = flags.images === undefined ? undefined : await readLabelledImages(flags.images);
  const done: ModelComparison[] = [];
  for (const model of models) {
    const comparison = await compareOne(model, flags, images);
    if (flags.json !== true) printText(`${done.length > 0 ? '\n' : ''}${describeComparison(comparison)}`);
    done.push(comparison);
  }
  if (flags.json === true) printJson(done.length === 1 ? asJson(done[0]!) : {comparisons: done.map(asJson)});
  return done.every(({passed}) => passed) ? EXIT.good : EXIT.failed;
}

async function compareOne(model: string, flags: CompareFlags, images?: LabelledImages): Promise<ModelComparison> {
  const {backend, browser = false, shape: shapes, batch, runs, seed, tolerance} = flags;
  const where = browser ? 'in Chromium' : 'in Node';
  const progress = createProgress(`comparing ${modelName(model)} on ${backend} ${where}`, {quiet: flags.json === true});
  const options: CompareOptions = {
    ...{shapes, batch, runs, seed, tolerance, images, fuse: fuseOptions(flags)},
    onProgress: (what) => {
      progress.say(what);
    },
  };
  try {
    if (browser) {
      const found = await compareInBrowser(await readModel(model), {backend, options});
      return {model, ...found.comparison, ...found.engine, browser: found.browserVersion};
    }
    const engine = await startBackend(backend);
    return {model, ...(await compareModels(ALL_TFJS, modelHandler(model), options)), ...engine, browser: null};
  } finally {
    progress.done();
  }
}

/** The report's fields lie beside the others. */
function asJson({report, ...comparison}: ModelComparison): object {
  return {...comparison, ...report};
}
