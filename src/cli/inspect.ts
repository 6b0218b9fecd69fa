/** `inspect MODEL`: what fusing would do to a model, and what stands in its way. Nothing is run. */
import type {Command} from 'commander';
import {describeBlock} from '../../ops/block.ts';
import {blockCost} from '../../ops/cost.ts';
import {type BlockPlace, planOf, plannedKinds} from '../compare/plans.ts';
import {createGraph} from '../graph/graph.ts';
import {fuseModelArtifacts} from '../rewrite/fuse.ts';
import {legalizeArtifacts} from '../rewrite/legalize.ts';
import type {FusedBlock} from '../rewrite/report.ts';
import {givenInputShape, statedInputs} from '../run/inputs.ts';
import {countFused} from '../rewrite/wellFormed.ts';
import {EXIT, printJson, printText} from './exit.ts';
import {checkModels, isStoredInLayers, modelName, readModel} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {createProgress} from './progress.ts';
import {describeInspection, type InspectedBlock, type Inspection} from './report/inspectReport.ts';
import {printableReport} from './report/printable.ts';

type InspectFlags = Pick<Flags, 'backend' | 'shape' | 'batch' | 'blocks' | 'exclude' | 'verbose' | 'json'>;

export function defineInspect(program: Command): void {
  program
    .command('inspect')
    .description('say which blocks would be fused, what each becomes, and why the others are not')
    .argument('<model>', 'path to model.json, its folder, or a URL')
    .addOption(OPTIONS.shape())
    .addOption(OPTIONS.batch())
    .addOption(OPTIONS.blocks())
    .addOption(OPTIONS.backend())
    .addOption(OPTIONS.exclude())
    .addOption(OPTIONS.verbose())
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion inspect models/convnext
  $ tfjs-block-fusion inspect models/convnext --verbose
  $ tfjs-block-fusion inspect https://example.com/a/ --shape input=1,224,224,3
  $ tfjs-block-fusion inspect models/convnext --blocks when-faster --json

inspect runs nothing: compare does, and waterline.`,
    )
    .action(async (model: string, flags: InspectFlags) => {
      process.exitCode = await inspect(model, flags);
    });
}

async function inspect(model: string, flags: InspectFlags): Promise<number> {
  const progress = createProgress(`inspecting ${modelName(model)}`, {quiet: flags.json === true});
  try {
    const inspection = await inspectModel(model, flags);
    progress.done();
    if (flags.json === true) printJson(inspection);
    else printText(describeInspection(printableReport(inspection), flags));
    return EXIT.good;
  } finally {
    progress.done();
  }
}

async function inspectModel(model: string, flags: InspectFlags): Promise<Inspection> {
  await checkModels([model]);
  const original = await readModel(model);
  const graph = createGraph(original);
  const {report} = await fuseModelArtifacts(original, {
    ...fuseOptions(flags, givenInputShape(graph, {shapes: flags.shape, batch: flags.batch})),
    verify: false,
  });
  const place = {backend: flags.backend, device: null};
  return {
    model,
    layersModel: await isStoredInLayers(model),
    backend: flags.backend,
    inputs: statedInputs(graph),
    blocks: await Promise.all(
      report.blocks.map(async (block) => ({
        ...block,
        description: describeBlock(block.spec),
        ...(await planned(block, place)),
      })),
    ),
    plans: await plannedKinds(report.blocks, place),
    summary: report.summary,
    blocksBefore: countFused(graph),
    left: report.left,
    misses: report.misses,
    unsupported: legalizeArtifacts(original).legalized,
    misread: report.misread ?? [],
  };
}

async function planned(
  {spec, size}: FusedBlock,
  place: BlockPlace,
): Promise<Pick<InspectedBlock, 'macs' | 'ops' | 'plan'>> {
  if (size === undefined) return {macs: null, ops: null, plan: null};
  const macs = blockCost(spec, size).macs.total;
  return {macs, ops: 2 * macs, plan: await planOf({spec, size}, place)};
}
