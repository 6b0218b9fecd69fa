/** A comparison as text: the blocks, the worst difference, and only then the times. */
import type {PlannedKind} from '../../compare/plans.ts';
import type {FusedBlock} from '../../rewrite/report.ts';
import type {Comparison} from '../../compare/compareModels.ts';
import type {Engine} from '../../run/engine.ts';
import {verdict} from '../../report/agreementText.ts';
import {count} from '../../report/alike.ts';
import {comparisonFigures, type Figure} from '../../report/comparisonFigures.ts';
import {leftGroups, unplannedKinds} from '../../report/findings.ts';
import {KINDS_LEGEND} from '../../report/plansText.ts';
import {LAYERS_MODEL, sideTitles} from '../../report/sideTitles.ts';
import {modelName} from '../modelArgument.ts';
import {approximationLines} from './approximationLines.ts';
import {countedLines} from './countedLines.ts';
import {engineText} from './engineText.ts';
import {kindText} from './kindText.ts';
import {type Column, INDENT, indented, table, terminalColumns, wrapped} from './table.ts';

/** A comparison with what it ran on; `browser` is a version, null in Node. */
export interface ModelComparison extends Comparison, Engine {
  readonly model: string;
  /** Whether it is stored as a LayersModel, and was converted here. */
  readonly layersModel: boolean;
  readonly backend: Engine['backend'];
  readonly browser: string | null;
}

/** Returns a readable report, without a line break at its end. `columns`: of the terminal. */
export function describeComparison(
  comparison: ModelComparison,
  {columns = terminalColumns()}: {columns?: number} = {},
): string {
  const {model, browser} = comparison;
  const width = columns - INDENT;
  const paragraph = (text: string): string => wrapped(text, width);
  const body = [
    ...blocksText(comparison, width),
    '',
    ...verdict(comparison).map(paragraph),
    ...stockSide(comparison).map(paragraph),
    '',
    figuresOf(comparison, width),
  ].join('\n');
  const heading = wrapped(`${modelName(model)} on ${engineText({engine: comparison, browser})}`, columns);
  return `${heading}\n${indented(body)}`;
}

/** Each kind of block once, and why others were left alone: inspect has the names. */
function blocksText({report: {blocks, left}, blocksBefore, plans}: ModelComparison, width: number): string[] {
  const kinds = kindLines(blocks, plans, width - INDENT);
  const legend = plans.length === 0 ? '' : `; ${KINDS_LEGEND}`;
  const fused =
    kinds.length === 0
      ? [wrapped(nothingFused(blocksBefore), width)]
      : [`${count(blocks.length, 'block')} fused${legend}:`, ...kinds.map(indented)];
  const reasons = countedLines(leftGroups(left), width - INDENT);
  const alone = reasons.length === 0 ? [] : [`${count(left.length, 'block')} left alone:`, ...reasons.map(indented)];
  return [...fused, ...approximationLines(blocks, width - INDENT).map(indented), ...alone];
}

/** Kinds with what they run as, and those of which that is not known. */
function kindLines(blocks: readonly FusedBlock[], plans: readonly PlannedKind[], width: number): string[] {
  return [...plans.map((kind) => kindText(kind, width)), ...countedLines(unplannedKinds(blocks, plans), width)];
}

function nothingFused(blocksBefore: number): string {
  if (blocksBefore === 0) return 'no block to fuse: inspect says why';
  return `its ${blocksBefore} blocks are fused already: both columns are the model as stored, loaded by tfjs and by tfjs-block-fusion`;
}

function stockSide({stockForm, layersModel}: ModelComparison): string[] {
  return [...(layersModel ? [LAYERS_MODEL] : []), ...(stockForm === 'original' ? [] : [LEGALIZED])];
}

const LEGALIZED =
  'stock side: the legalized model, in which what stock tfjs cannot run or computes wrongly is spelled so that it runs right';

function figuresOf(comparison: ModelComparison, width: number): string {
  const titles = sideTitles(comparison);
  const columns: Column<Figure>[] = [
    {title: '', text: ({what}) => what},
    {title: titles.stock, text: (line) => line.stock, align: 'right'},
    {title: titles.fused, text: (line) => line.fused, align: 'right'},
    {title: '', text: ({note}) => note, narrow: 'wrap'},
  ];
  return table(comparisonFigures(comparison), columns, {width});
}
