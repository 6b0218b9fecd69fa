/** What `fuse` wrote, as text: each kind of block once, with the worst difference that its verification found. */
import {describeBlock} from '../../../ops/block.ts';
import type {FuseOptions} from '../../rewrite/options.ts';
import type {FusedBlock, FusionReport} from '../../rewrite/report.ts';
import {modelName} from '../modelArgument.ts';
import {type Alike, alike, same} from '../../report/alike.ts';
import {leftGroups} from '../../report/findings.ts';
import {mib, shortNumber} from '../../report/plansText.ts';
import {approximationLines} from './approximationLines.ts';
import {countedLines} from './countedLines.ts';
import {INDENT, indented, shortened, terminalColumns} from './table.ts';

export interface Fusion {
  readonly model: string;
  /** Whether it is stored as a LayersModel, and was converted here. */
  readonly layersModel: boolean;
  readonly outdir: string;
  /** Of all files written. */
  readonly bytes: number;
  /** As --storage says. */
  readonly storage: FuseOptions['storage'];
  readonly report: FusionReport;
}

/** Returns a readable report, without a line break at its end. `columns`: of the terminal. */
export function describeFusion(
  {model, layersModel, outdir, bytes, storage, report}: Fusion,
  {columns = terminalColumns()}: {columns?: number} = {},
): string {
  const {blocks, left} = report;
  const matched = blocks.length + left.length;
  const width = columns - INDENT;
  return [
    matched === 0
      ? `${modelName(model)}: no block to fuse, or all fused already: inspect says which`
      : `${modelName(model)}: ${blocks.length} of ${matched} blocks fused and verified`,
    ...countedLines(fusedKinds(blocks), width).map(indented),
    ...approximationLines(blocks, width).map(indented),
    ...storageLines(report, storage, width).map(indented),
    ...leftLines({left}, width).map(indented),
    `${outdir}: ${mib(bytes)}${layersModel ? ', a GraphModel made of a LayersModel' : ''}`,
  ].join('\n');
}

function fusedKinds(blocks: readonly FusedBlock[]): Alike<FusedBlock>[] {
  return same(blocks, ({spec}) => describeBlock(spec)).map(({text, rows}) => ({
    text: `${text}: worst error ${shortNumber(Math.max(...rows.map(({maxError = 0}) => maxError)))}`,
    rows,
  }));
}

/** In which type the params of how many blocks are stored, and why. */
function storageLines(
  {blocks, inFloat32 = []}: FusionReport,
  storage: FuseOptions['storage'],
  width: number,
): string[] {
  const reasons = new Map(inFloat32.map(({name, reason}) => [name, reason]));
  const textOf = ({name, storage: stored}: FusedBlock): string => {
    if (stored === 'float16') return storage === 'keep' ? KEPT_IN_FLOAT16 : 'stored in float16, as asked';
    const reason = reasons.get(name);
    if (reason !== undefined) return `stored in float32: ${reason}`;
    return storage === 'keep' ? KEPT_IN_FLOAT32 : 'stored in float32, as asked';
  };
  return countedLines(alike(blocks, textOf), width);
}

const KEPT_IN_FLOAT16 = 'stored in float16, for the model stores its weights rounded';
const KEPT_IN_FLOAT32 = 'stored in float32, for the model does not store all of its weights rounded';

/** Why blocks were left alone; those that missed their tolerance by name. */
function leftLines({left}: Pick<FusionReport, 'left'>, width: number): string[] {
  return leftGroups(left).flatMap((group) => [
    ...countedLines([{...group, text: `left alone: ${group.text}`}], width),
    ...group.rows
      .filter(({maxError}) => maxError !== undefined)
      .map(({name}) => indented(shortened(name, width - INDENT))),
  ]);
}
