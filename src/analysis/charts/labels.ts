/** Labels that do not overlap. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Units: pixels, from the top left. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Label {
  readonly text: string;
  readonly fontSize: number;
  /** Default 'regular'. */
  readonly weight?: Weight;
  /** Where its middle may be, best first. */
  readonly candidates: readonly Point[];
  /** Whether it stands at its first candidate where none is free; else it is left out. Default false. */
  readonly required?: boolean;
}

export type FreeLabel<L extends Label> = L & {readonly at: Point};

export type Weight = 'regular' | 'bold';

/** How wide letters are, in shares of the font's size: about those of a wide font, so that others fit too. */
const LETTERS: readonly (readonly [letters: RegExp, width: number])[] = [
  [/[ijlIJft.,:;'’|!()[\]/ ·-]/, 0.36],
  [/[mwMW%@×→≤÷+]/, 0.92],
  [/[A-Z0-9]/, 0.7],
];
const OTHER_LETTER = 0.62;
const BOLD = 1.1;

/** Returns about how wide a text is: no font is at hand. Units: pixels. */
export function textWidth(text: string, fontSize: number, weight: Weight = 'regular'): number {
  const letters = Array.from(text, (letter) => LETTERS.find(([like]) => like.test(letter))?.[1] ?? OTHER_LETTER);
  return fontSize * (weight === 'bold' ? BOLD : 1) * letters.reduce((sum, width) => sum + width, 0);
}

/** Returns the text, without its middle where all of it is wider than `width` pixels. */
export function shortened(text: string, width: number, fontSize: number, weight?: Weight): string {
  let short = text;
  for (let kept = text.length - 1; kept > 1 && textWidth(short, fontSize, weight) > width; kept--)
    short = `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
  return short;
}

/** Returns the text in lines of at most `width` pixels, broken at spaces. Words that are wider are shortened. */
export function linesOf(text: string, width: number, fontSize: number, weight?: Weight): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && textWidth(longer, fontSize, weight) <= width) return [...lines.slice(0, -1), longer];
    return [...lines, shortened(word, width, fontSize, weight)];
  }, []);
}

/** Returns the labels that fit into the frame, clear of `obstacles` and of those before them in the list. */
export function freeLabels<L extends Label>(
  labels: readonly L[],
  frame: Box,
  obstacles: readonly Box[],
): FreeLabel<L>[] {
  const taken = [...obstacles];
  return labels.flatMap((label) => {
    const free = label.candidates.find((candidate) => {
      const box = boxOf(label, candidate);
      return inside(box, frame) && !taken.some((other) => overlap(box, other));
    });
    const at = free ?? (label.required === true ? label.candidates[0] : undefined);
    if (at === undefined) return [];
    taken.push(boxOf(label, at));
    return [{...label, at}];
  });
}

/** Returns a box around a point. */
export function around({x, y}: Point, radius: number): Box {
  return {left: x - radius, right: x + radius, top: y - radius, bottom: y + radius};
}

function boxOf({text, fontSize, weight}: Label, {x, y}: Point): Box {
  const half = textWidth(text, fontSize, weight) / 2 + 2;
  return {left: x - half, right: x + half, top: y - fontSize * 0.6, bottom: y + fontSize * 0.6};
}

function inside(box: Box, frame: Box): boolean {
  return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Returns positions as near as may be to those given, with `gap` between neighbours, in the same order, within bounds. */
export function spacedOut(
  positions: readonly number[],
  gap: number,
  {left, right}: {readonly left: number; readonly right: number},
): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
  const spaced = [...positions];
  order.reduce((min, i) => (spaced[i] = Math.max(spaced[i]!, min)) + gap, left);
  order.reduceRight((max, i) => (spaced[i] = Math.min(spaced[i]!, max)) - gap, right);
  return spaced;
}
