/** The loops of a shader's SPIR-V, with what one run of an invocation does in each. */
import {type Block, bytesOfType, type Module, successorsOf} from './module.ts';
import {addWork, noWork, type Work, workOf} from './work.ts';

export interface SpirvLoop {
  /** How often it goes round, in all. */
  readonly trips: number;
  /** How often it is come to. */
  readonly entries: number;
  /** All that it does, without what the loops within it do. */
  readonly own: Work;
  /** What its text does, each instruction once, without the loops within it. */
  readonly text: Work;
  /** In the order of the text. */
  readonly inner: readonly SpirvLoop[];
}

/** Returns the whole shader as a loop that goes round once, from how often each block runs. */
export function loopsOf(module: Module, counts: ArrayLike<number>): SpirvLoop {
  const spans = module.blocks.flatMap((block, header) => spanOf(module, block, header) ?? []);
  const span: Span = {header: 0, continues: 0, blocks: new Set(module.blocks.keys())};
  const whole = loopOf(module, {span, spans, counts});
  const zeroing = zeroingOf(module);
  return zeroing === null ? whole : {...whole, inner: [zeroing, ...whole.inner]};
}

/** What a driver adds: a vector of workgroup memory is set to zero at a time. */
function zeroingOf(module: Module): SpirvLoop | null {
  const zeroed = [...module.globals.values()].filter(
    ({op, operands}) => op === 'OpVariable' && operands[0] === 'Workgroup' && operands[1] !== undefined,
  );
  if (zeroed.length === 0) return null;
  const bytes = zeroed.reduce((sum, {type}) => sum + bytesOfType(module, pointedAt(module, type!)), 0);
  const trips = Math.ceil(bytes / VECTOR_BYTES / module.sides.reduce((product, side) => product * side));
  const text = {...noWork(), workgroupWritten: VECTOR_BYTES};
  return {trips, entries: 1, text, own: {...text, workgroupWritten: trips * VECTOR_BYTES}, inner: []};
}

const VECTOR_BYTES = 16;

function pointedAt(module: Module, pointer: string): string {
  const type = module.types.get(pointer)!;
  return type.kind === 'pointer' ? type.to : pointer;
}

/** A loop's blocks, by their numbers. */
interface Span {
  readonly header: number;
  readonly continues: number;
  readonly blocks: ReadonlySet<number>;
}

function spanOf(module: Module, {instructions}: Block, header: number): Span | null {
  const merge = instructions.find(({op}) => op === 'OpLoopMerge');
  if (merge === undefined) return null;
  const indices = new Map(module.blocks.map(({label}, i) => [label, i]));
  const [after, continues] = merge.operands.slice(0, 2).map((label) => indices.get(label)!) as [number, number];
  const blocks = new Set([header]);
  const pending = [header];
  for (let at = pending.pop(); at !== undefined; at = pending.pop())
    for (const label of successorsOf(module.blocks[at]!)) {
      const next = indices.get(label)!;
      if (next === after || blocks.has(next)) continue;
      blocks.add(next);
      pending.push(next);
    }
  return {header, continues, blocks};
}

interface Nest {
  readonly span: Span;
  /** Those within, and others. */
  readonly spans: readonly Span[];
  readonly counts: ArrayLike<number>;
}

function loopOf(module: Module, {span, spans, counts}: Nest): SpirvLoop {
  const within = spans.filter((each) => each !== span && each.header !== span.header && span.blocks.has(each.header));
  const children = within.filter((each) => !within.some((other) => other !== each && other.blocks.has(each.header)));
  const isWhole = span.header === 0;
  const rounds = counts[span.continues]!;
  const entries = isWhole ? 1 : counts[span.header]! - rounds;
  // A body that always leaves goes round once, and never comes to its continue block.
  const trips = isWhole ? 1 : Math.max(rounds, Math.min(1, entries));
  const [own, text] = [noWork(), noWork()];
  for (const at of span.blocks) {
    if (children.some(({blocks}) => blocks.has(at))) continue;
    const work = workOf(module, module.blocks[at]!);
    addWork(text, work, 1);
    addWork(own, work, counts[at]!);
    // The header runs once more than the loop goes round.
    own.instructions -= work.instructions * Math.max(0, counts[at]! - trips);
  }
  return {trips, entries, own, text, inner: children.map((each) => loopOf(module, {span: each, spans, counts}))};
}

/** Returns what an invocation does in all. */
export function wholeWork({own, inner}: SpirvLoop): Work {
  const sum = noWork();
  for (const work of [own, ...inner.map(wholeWork)]) addWork(sum, work, 1);
  return sum;
}
