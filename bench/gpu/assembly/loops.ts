/** Assembly as its loops: each line belongs to the smallest loop around it. */
import {emptyMix, type Mix} from './mix.ts';

/** How one vendor's assembly is read, line by line. */
export interface AssemblyReader {
  /** Returns the text as lines, an instruction each. */
  linesOf(text: string): string[];
  /** Returns the label that a line is; null where it is none. */
  labelOf(line: string): string | null;
  /** Returns where a line may jump; null where it does not. */
  targetOf(line: string): string | null;
  /** Adds what a line does. */
  count(line: string, mix: Mix): void;
  /**
   * Returns how long one wave with its SIMD to itself takes for these lines, straight through: in order, an instruction a cycle, or
   * `passes` cycles where a wave is wider than the SIMD; waiting for what is not there yet. Units: cycles.
   */
  alone(lines: readonly string[], passes: number, latency: Latencies): number;
}

/** Until a result can be used. Units: cycles of the SIMD. */
export interface Latencies {
  readonly alu: number;
  readonly slow: number;
  readonly workgroup: number;
  /** Taken to hit the last cache on the chip. */
  readonly global: number;
}

export interface Loop {
  /** Lines, counted from 0; both are of the loop. */
  readonly first: number;
  readonly last: number;
  /** Without what loops within it do. */
  readonly mix: Mix;
  readonly isInnermost: boolean;
}

export interface Assembly {
  readonly lines: readonly string[];
  /** Outer ones before those within. */
  readonly loops: readonly Loop[];
  /** Of what is in no loop. */
  readonly outside: Mix;
  /** Of all lines. */
  readonly whole: Mix;
}

/** Returns what assembly says. */
export function parseAssembly(reader: AssemblyReader, text: string): Assembly {
  const lines = reader.linesOf(text);
  const spans = spansOf(reader, lines);
  const loops = spans.map(([first, last]) => ({
    ...{first, last, mix: emptyMix()},
    isInnermost: spans.every((inner) => (inner[0] === first && inner[1] === last) || !isWithin(inner, [first, last])),
  }));
  const [outside, whole] = [emptyMix(), emptyMix()];
  for (const [at, line] of lines.entries()) {
    reader.count(line, whole);
    reader.count(line, smallestAround(loops, at)?.mix ?? outside);
  }
  return {lines, loops, outside, whole};
}

/** Returns the lines of a loop without those of the loops within it. */
export function ownLines({lines, loops}: Assembly, loop: Loop): string[] {
  const inner = loops.filter((each) => each !== loop && isWithin([each.first, each.last], [loop.first, loop.last]));
  return lines
    .slice(loop.first, loop.last + 1)
    .filter((_, i) => !inner.some(({first, last}) => first <= loop.first + i && loop.first + i <= last));
}

/** Returns the lines that are in no loop. */
export function outsideLines({lines, loops}: Assembly): string[] {
  return lines.filter((_, at) => smallestAround(loops, at) === undefined);
}

/** A jump back is a loop's end; of several to one place the last. */
function spansOf(reader: AssemblyReader, lines: readonly string[]): (readonly [first: number, last: number])[] {
  const labels = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const label = reader.labelOf(line);
    if (label !== null) labels.set(label, at);
  }
  const ends = new Map<number, number>();
  for (const [at, line] of lines.entries()) {
    const target = reader.targetOf(line);
    const first = target === null ? undefined : labels.get(target);
    if (first !== undefined && first <= at) ends.set(first, at);
  }
  return [...ends].sort(([a, aEnd], [b, bEnd]) => a - b || bEnd - aEnd);
}

function isWithin(
  [first, last]: readonly [number, number],
  [outerFirst, outerLast]: readonly [number, number],
): boolean {
  return outerFirst <= first && last <= outerLast;
}

function smallestAround(loops: readonly Loop[], at: number): Loop | undefined {
  const around = loops.filter(({first, last}) => first <= at && at <= last);
  return around.reduce<Loop | undefined>(
    (best, loop) => (best === undefined || loop.last - loop.first < best.last - best.first ? loop : best),
    undefined,
  );
}

/** Returns the numbers of the registers that a text names: `v3`, `v[4:7]`. */
export function registersIn(text: string, kind: string): number[] {
  const ranges = [...text.matchAll(new RegExp(String.raw`\b${kind}\[(\d+):(\d+)\]`, 'g'))];
  const single = [...text.matchAll(new RegExp(String.raw`\b${kind}(\d+)\b`, 'g'))];
  return [
    ...ranges.flatMap(([, first, last]) =>
      Array.from({length: Number(last) - Number(first) + 1}, (_, i) => Number(first) + i),
    ),
    ...single.map(([, register]) => Number(register)),
  ];
}

/** Returns what an instruction writes, its first operand, and what it reads. */
export function operandsOf(text: string): [destination: string, sources: string] {
  const comma = text.indexOf(',');
  return comma < 0 ? [text, ''] : [text.slice(0, comma), text.slice(comma + 1)];
}
