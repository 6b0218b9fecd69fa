/** `fuse MODEL OUTDIR`: writes the rewritten model, each block checked against the nodes that it replaced. */
import {existsSync} from 'node:fs';
import {access, constants} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import type {Command} from 'commander';
import {BlockFusionError} from '../../ops/errors.ts';
import {createGraph} from '../graph/graph.ts';
import {givenInputShape} from '../run/inputs.ts';
import {checkModelFolder, writeModelFiles} from '../load/modelFiles.ts';
import {fuseModelArtifacts} from '../rewrite/fuse.ts';
import {startBackend} from './host/backend.ts';
import {EXIT, printJson, printText} from './exit.ts';
import {checkModels, isStoredInLayers, modelName, readModel} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';
import {describeFusion} from './report/fuseReport.ts';
import {printableReport} from './report/printable.ts';

type FuseFlags = Pick<Flags, 'backend' | 'shape' | 'blocks' | 'exclude' | 'storage' | 'force' | 'json'>;

export function defineFuse(program: Command): void {
  program
    .command('fuse')
    .description('write the model with its blocks fused, each of them verified')
    .argument('<model>', 'path to model.json, its folder, or a URL')
    .argument('<outdir>', 'folder to write; it must not exist yet')
    .addOption(OPTIONS.shape())
    .addOption(OPTIONS.blocks())
    .addOption(OPTIONS.backend())
    .addOption(OPTIONS.exclude())
    .addOption(OPTIONS.storage())
    .addOption(OPTIONS.force())
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion fuse models/convnext models/convnext-fused
  $ tfjs-block-fusion fuse models/convnext out --storage float16 --force
  $ tfjs-block-fusion fuse models/mobilenet out --blocks when-faster

With --storage keep a block is stored in float16 where the model stores all its
matrices rounded (float16, uint8, uint16) and the block differs by no more than
one rounding of them; else in float32.`,
    )
    .action(async (model: string, outdir: string, flags: FuseFlags) => {
      process.exitCode = await fuse(model, outdir, flags);
    });
}

async function fuse(model: string, outdir: string, flags: FuseFlags): Promise<number> {
  await checkModels([model]);
  await checkOutdir(outdir, flags);
  const progress = createProgress(`fusing ${modelName(model)}`, {quiet: flags.json === true});
  try {
    progress.say('reading');
    const original = await readModel(model);
    await startBackend('cpu'); // verification runs on it
    progress.say('fusing and verifying');
    const {artifacts, report} = await fuseModelArtifacts(original, {
      ...fuseOptions(flags, givenInputShape(createGraph(original), {shapes: flags.shape})),
      verify: true,
    });
    progress.say('writing');
    const bytes = await writeModelFiles(artifacts, outdir, {force: flags.force});
    progress.done();
    const layersModel = await isStoredInLayers(model);
    if (flags.json === true) printJson({model, layersModel, outdir, bytes, ...report});
    else {
      const written = {model, layersModel, outdir, bytes, storage: flags.storage, report};
      printText(describeFusion(printableReport(written)));
    }
    return report.left.some(({maxError}) => maxError !== undefined) ? EXIT.failed : EXIT.good;
  } finally {
    progress.done();
  }
}

/** A folder that exists is refused before the blocks are checked; writing checks it again. */
async function checkOutdir(outdir: string, {force = false}: FuseFlags): Promise<void> {
  const refuse = (must: string, got: unknown, fix: string): never => {
    throw new BlockFusionError('invalid-option', {where: 'fuse', must, got, fix});
  };
  if (!force && existsSync(outdir))
    refuse('OUTDIR must not exist', outdir, 'choose another folder, or replace it with --force');
  try {
    await checkModelFolder(outdir, {force});
    await access(nearestAbove(outdir), constants.W_OK);
  } catch (cause) {
    refuse('OUTDIR must be a folder that can be written', cause, 'nothing was done');
  }
}

/** The folder that is there already, in which others will be made. */
function nearestAbove(path: string): string {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
