/** What `inspect` found, as text: a summary by kinds and reasons, the plans, and names only where they are asked for. */
import type {Miss} from '../../blocks/rule.ts';
import type {FusedBlock, FusionReport, Legalized} from '../../rewrite/report.ts';
import type {BlockPlan, PlannedKind} from '../../compare/plans.ts';
import type {BackendName} from '../../run/engine.ts';
import {exampleShape, type StatedInput} from '../../run/inputs.ts';
import {modelName} from '../modelArgument.ts';
import {type Alike, alike, count, same} from '../../report/alike.ts';
import {familyOf} from '../../report/blockFamily.ts';
import {leftGroups, legalizedGroups, misreadGroups, missGroups} from '../../report/findings.ts';
import {KINDS_LEGEND} from '../../report/plansText.ts';
import {approximationLines} from './approximationLines.ts';
import {countedLines} from './countedLines.ts';
import {kindText} from './kindText.ts';
import {type Column, INDENT, indented, shortened, table, terminalColumns, wrapped} from './table.ts';

export interface InspectedBlock extends Omit<FusedBlock, 'plan'> {
  readonly description: string;
  /** Null where the size of the block's input is not known. 1 MAC = 2 operations. */
  readonly macs: number | null;
  readonly ops: number | null;
  /** Null there too, and on a backend without kernels. On webgpu it is that of a device with the default limits. */
  readonly plan: BlockPlan | null;
}

export interface Inspection extends Omit<FusionReport, 'blocks' | 'legalized'> {
  readonly model: string;
  /** Whether it is stored as a LayersModel, and was converted here. */
  readonly layersModel: boolean;
  readonly backend: BackendName;
  /** As the model states them: −1 where a size is open. */
  readonly inputs: readonly StatedInput[];
  readonly blocks: readonly InspectedBlock[];
  /** The same, each kind once. */
  readonly plans: readonly PlannedKind[];
  /** Blocks that are fused already. */
  readonly blocksBefore: number;
  /** Ops that stock tfjs cannot run or computes wrongly, and how they would be spelled. */
  readonly unsupported: readonly Legalized[];
}

export interface InspectionView {
  /** Whether every block, miss and op is named. */
  readonly verbose?: boolean | undefined;
  /** Of the terminal. */
  readonly columns?: number;
}

/** Returns a readable report, without a line break at its end. */
export function describeInspection(
  inspection: Inspection,
  {verbose = false, columns = terminalColumns()}: InspectionView = {},
): string {
  const view = {verbose, width: columns};
  return [
    ...summary(inspection, view),
    ...blockNames(inspection, view),
    ...approximations(inspection, view),
    ...leftAlone(inspection, view),
    ...nearMisses(inspection, view),
    ...unsupportedOps(inspection, view),
    ...misreadOps(inspection, view),
    ...plans(inspection, view),
    ...hint(inspection, view),
  ].join('\n\n');
}

interface View {
  readonly verbose: boolean;
  readonly width: number;
}

function summary({model, layersModel, blocks, blocksBefore, left, misses}: Inspection, {width}: View): string[] {
  const families = alike(blocks, ({spec}) => familyOf(spec)).map(({text, rows}) => `${rows.length} × ${text}`);
  const kinds = families.length === 0 ? '' : ` (${families.join(', ')})`;
  const before = blocksBefore === 0 ? '' : `, ${blocksBefore} fused already`;
  const heading = wrapped(`${modelName(model)}: ${count(blocks.length, 'block')} to fuse${kinds}${before}`, width);
  const isEmpty = blocks.length + blocksBefore + left.length + misses.length === 0;
  return [
    heading,
    ...(layersModel ? [wrapped(LAYERS_MODEL, width)] : []),
    ...(isEmpty ? ['Nothing in this model looks like a residual block that can be fused.'] : []),
  ];
}

const LAYERS_MODEL =
  'A LayersModel: this is of the GraphModel that it is converted to, by loadFusedLayersModel of tfjs-block-fusion/layers too.';

function blockNames({blocks}: Inspection, view: View): string[] {
  if (!view.verbose) return [];
  const groups = same(blocks, ({description}) => description);
  return section({heading: 'Blocks', groups, names: nameList}, view);
}

function approximations({blocks}: Inspection, {width}: View): string[] {
  const lines = approximationLines(blocks, width - INDENT);
  return lines.length === 0 ? [] : [`Not the model's own constants\n${indented(lines.join('\n'))}`];
}

function leftAlone({left}: Inspection, view: View): string[] {
  const heading = `${count(left.length, 'block')} left alone`;
  return section({heading, groups: leftGroups(left), names: nameList}, view);
}

function nearMisses({misses}: Inspection, view: View): string[] {
  const heading = `${count(misses.length, 'near miss', 'near misses')}, by what stands in the way`;
  return section({heading, groups: missGroups(misses), names: missTable}, view);
}

function unsupportedOps({unsupported}: Inspection, view: View): string[] {
  const them = unsupported.length === 1 ? 'it' : 'them';
  const heading = `${count(unsupported.length, 'op')} that stock tfjs cannot run or computes wrongly, and how to spell ${them}`;
  return section({heading, groups: legalizedGroups(unsupported), names: nameList}, view);
}

function misreadOps({misread = []}: Inspection, view: View): string[] {
  const heading = `${count(misread.length, 'op')} that tfjs computes wrongly, without an error`;
  return section({heading, groups: misreadGroups(misread), names: nameList}, view);
}

interface Section<Row> {
  readonly heading: string;
  readonly groups: readonly Alike<Row>[];
  /** The rows of a group, in lines of at most `width` columns. */
  readonly names: (rows: readonly Row[], width: number) => string;
}

/** The groups with their counts, and with --verbose the names under each. No section where there are no groups. */
function section<Row>({heading, groups, names}: Section<Row>, {verbose, width}: View): string[] {
  if (groups.length === 0) return [];
  const lines = countedLines(groups, width - INDENT);
  const body = groups.map(({rows}, i) =>
    verbose ? `${lines[i]!}\n${indented(indented(names(rows, width - 3 * INDENT)))}` : lines[i]!,
  );
  return [`${heading}\n${indented(body.join('\n'))}`];
}

function nameList(rows: readonly {readonly name: string}[], width: number): string {
  return rows.map(({name}) => shortened(name, width)).join('\n');
}

function missTable(rows: readonly Miss[], width: number): string {
  const columns: Column<Miss>[] = [
    {title: 'last node', text: ({root}) => root, narrow: 'shorten'},
    {title: 'stopped at', text: ({at}) => at, narrow: 'shorten'},
  ];
  return table(rows, columns, {width});
}

function plans({model, backend, inputs, blocks, plans: kinds}: Inspection, {width}: View): string[] {
  const limits = backend === 'webgpu' ? ", by WebGPU's default limits: a device may allow more" : '';
  const texts = kinds.map((kind) => kindText(kind, width - INDENT));
  const known =
    texts.length === 0
      ? []
      : [`${wrapped(`Plans on ${backend}${limits}. ${KINDS_LEGEND}.`, width)}\n${indented(texts.join('\n'))}`];
  const unsized = blocks.filter(({macs}) => macs === null).length;
  if (unsized > 0) return [...known, unsizedText(unsized, {model, inputs, width})];
  if (blocks.length > 0 && known.length === 0)
    return [wrapped(`There are no fused kernels for ${backend}: there blocks run on stock ops.`, width)];
  return known;
}

function unsizedText(
  unsized: number,
  {model, inputs, width}: Pick<Inspection, 'model' | 'inputs'> & {width: number},
): string {
  const blocks = `${count(unsized, 'block')} ${unsized === 1 ? 'has' : 'have'} no plan yet`;
  const open = inputs.find(({shape}) => shape === undefined || shape.some((size, axis) => axis > 0 && size < 0));
  if (open === undefined)
    return wrapped(`${blocks}: the sizes of their inputs do not follow from the model's input.`, width);
  return [
    wrapped(
      `${blocks}: the model leaves the size of its input '${open.name}' open. Say how large its images are:`,
      width,
    ),
    `  npx tfjs-block-fusion inspect ${model} ${exampleShape(open)}`,
  ].join('\n');
}

function hint({blocks, left, misses, unsupported, misread = []}: Inspection, {verbose, width}: View): string[] {
  if ([blocks, left, misses, unsupported, misread].every(({length}) => length === 0)) return [];
  return [wrapped(verbose ? '--json has every name in full.' : '--verbose names every block and node.', width)];
}
