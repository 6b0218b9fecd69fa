/** `inspect MODEL`: what fusing would do to a model, and what stands in its way. Nothing is run. */
import type {Command} from 'commander';
import {describeBlock} from '../../ops/block.ts';
import {blockCost} from '../../ops/cost.ts';
import {countFused} from '../run/sides.ts';
import type {BackendName} from '../run/engine.ts';
import {givenInputShape} from '../run/inputs.ts';
import {type BlockPlace, type BlockPlan, planOf, type PlannedKind, plannedKinds} from '../compare/plans.ts';
import type {Pair} from '../run/pair.ts';
import type {FusedBlock, FusionReport, Legalized} from '../rewrite/report.ts';
import {fuseModelArtifacts} from '../rewrite/fuse.ts';
import {legalizeArtifacts} from '../rewrite/legalize.ts';
import {EXIT, printJson, printText} from './exit.ts';
import {modelName, readModel} from './modelArgument.ts';
import {type Flags, fuseOptions, OPTIONS} from './options.ts';
import {mib, planText} from './report/plansText.ts';
import {createProgress} from './progress.ts';
import {type Column, indented, table} from './report/table.ts';

type InspectFlags = Pick<Flags, 'backend' | 'shape' | 'batch' | 'blocks' | 'exclude' | 'json'>;

interface InspectedBlock extends Omit<FusedBlock, 'plan'> {
  readonly description: string;
  /** Null where the size of the block's input is not known. 1 MAC = 2 operations. */
  readonly macs: number | null;
  readonly ops: number | null;
  /** Null there too, and on a backend without kernels. On webgpu it is that of a device with the default limits. */
  readonly plan: BlockPlan | null;
}

interface Inspection extends Omit<FusionReport, 'blocks' | 'legalized'> {
  readonly model: string;
  readonly backend: BackendName;
  readonly blocks: readonly InspectedBlock[];
  /** The same, each kind once. */
  readonly plans: readonly PlannedKind[];
  /** Blocks that are fused already. */
  readonly blocksBefore: number;
  /** Ops that stock tfjs cannot run, and how they would be spelled. */
  readonly unsupported: readonly Legalized[];
}

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
    .addOption(OPTIONS.json())
    .addHelpText(
      'after',
      `
Examples:
  $ tfjs-block-fusion inspect models/convnext
  $ tfjs-block-fusion inspect https://example.com/model.json --shape input=1,224,224,3
  $ tfjs-block-fusion inspect models/convnext --blocks when-faster --backend wasm --json

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
    else printText(describeInspection(inspection));
    return EXIT.good;
  } finally {
    progress.done();
  }
}

async function inspectModel(model: string, flags: InspectFlags): Promise<Inspection> {
  const original = await readModel(model);
  const {report} = await fuseModelArtifacts(original, {
    ...fuseOptions(flags, givenInputShape(original, {shapes: flags.shape, batch: flags.batch})),
    verify: false,
  });
  const place = {backend: flags.backend, device: null};
  return {
    model,
    backend: flags.backend,
    blocks: await Promise.all(
      report.blocks.map(async (block) => ({
        ...block,
        description: describeBlock(block.spec),
        ...(await planned(block, place)),
      })),
    ),
    plans: await plannedKinds(report.blocks, place),
    summary: report.summary,
    blocksBefore: countFused(original),
    left: report.left,
    misses: report.misses,
    unsupported: legalizeArtifacts(original).legalized,
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

function describeInspection(inspection: Inspection): string {
  const {model, blocks, blocksBefore, left, misses, unsupported} = inspection;
  const already = blocksBefore === 0 ? '' : `, ${blocksBefore} fused already`;
  const nothing = blocks.length + blocksBefore + left.length + misses.length === 0;
  const sections = [
    section(`${modelName(model)}: ${count(blocks.length, 'block')} to fuse${already}`, blocks, [
      {title: 'block', text: ({name}) => name},
      {title: 'for nodes', text: ({replaced}) => String(replaced.length), align: 'right'},
      {title: 'Mop', text: ({ops}) => (ops === null ? '?' : (ops / 1e6).toFixed(1)), align: 'right'},
      {title: 'moves, stock → fused', text: ({plan}) => sides(plan?.bytes, mib), align: 'right'},
      {title: 'becomes', text: ({description}) => description},
    ]),
    ...(inspection.plans.length === 0 ? [] : [plansSection(inspection)]),
    ...(nothing ? ['Nothing in this model looks like a residual block that can be fused.'] : []),
    ...found(`${count(left.length, 'block')} left alone`, left, [
      {title: 'block', text: ({name}) => name},
      {title: 'reason', text: ({reason}) => reason},
    ]),
    ...found(count(misses.length, 'near miss', 'near misses'), misses, [
      {title: 'last node', text: ({root}) => root},
      {title: 'rule', text: ({rule}) => rule},
      {title: 'stopped at', text: ({at}) => at},
      {title: 'reason', text: ({reason}) => reason},
    ]),
    ...found(`${count(unsupported.length, 'op')} that stock tfjs cannot run`, unsupported, [
      {title: 'node', text: ({name}) => name},
      {title: 'op', text: ({from}) => from},
      {title: 'can be spelled', text: ({to}) => to},
    ]),
  ];
  return sections.join('\n\n');
}

/** A figure of the block as stock ops, and fused; '?' where it is not known. */
function sides<T>(pair: Pair<T> | null | undefined, text: (value: T) => string): string {
  return pair ? `${text(pair.stock)} → ${text(pair.fused)}` : '?';
}

function plansSection({backend, plans}: Inspection): string {
  const limits = backend === 'webgpu' ? ", by WebGPU's default limits: a device may allow more" : '';
  const kinds = plans.map((kind) => `${kind.count} × ${kind.block}\n${planText(kind)}`);
  return `Plans on ${backend}${limits}\n${indented(kinds.join('\n'))}`;
}

/** No section where there is nothing. */
function found<Row>(heading: string, rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  return rows.length === 0 ? [] : [section(heading, rows, columns)];
}

function section<Row>(heading: string, rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return rows.length === 0 ? heading : `${heading}\n${indented(table(rows, columns))}`;
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
