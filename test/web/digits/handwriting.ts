/** Digits as a hand draws them on a pad: skeletons in the usual forms, each drawn with a slant, a size and a tremble of its own. */
import type {Point, Stroke} from '../../../web/src/digits/ink.ts';

/** In a box that is one wide and one high; y points down. */
type Line = readonly (readonly [number, number])[];

/** Points on an ellipse. Angles in turns, clockwise from the right. */
function arc(
  [x, y]: readonly [number, number],
  [rx, ry]: readonly [number, number],
  [from, to]: readonly [number, number],
): [number, number][] {
  const count = Math.max(3, Math.ceil(Math.abs(to - from) * 24));
  return Array.from({length: count + 1}, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / count);
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
}

/** Each digit in its usual forms; a form is a list of lines. */
export const FORMS: readonly (readonly (readonly Line[])[])[] = [
  [[arc([0.5, 0.5], [0.32, 0.5], [-0.25, -1.25])], [arc([0.5, 0.5], [0.24, 0.5], [-0.3, -1.28])]],
  [
    [
      [
        [0.3, 0.22],
        [0.55, 0],
        [0.55, 1],
      ],
    ],
    [
      [
        [0.5, 0],
        [0.5, 1],
      ],
    ],
  ],
  [[[...arc([0.5, 0.27], [0.3, 0.27], [-0.45, 0.05]), [0.62, 0.6], [0.18, 1], [0.85, 1]]]],
  [[[...arc([0.45, 0.25], [0.3, 0.25], [-0.4, 0.2]), [0.42, 0.47], ...arc([0.45, 0.73], [0.33, 0.27], [-0.2, 0.42])]]],
  [
    [
      [
        [0.45, 0],
        [0.15, 0.6],
        [0.85, 0.6],
      ],
      [
        [0.68, 0.35],
        [0.62, 1],
      ],
    ],
    [
      [
        [0.25, 0],
        [0.2, 0.5],
        [0.75, 0.5],
      ],
      [
        [0.75, 0],
        [0.72, 1],
      ],
    ],
  ],
  [
    [
      [[0.3, 0], [0.24, 0.42], ...arc([0.46, 0.68], [0.34, 0.32], [-0.33, 0.4])],
      [
        [0.3, 0],
        [0.8, 0],
      ],
    ],
    [[[0.8, 0], [0.32, 0], [0.26, 0.45], ...arc([0.46, 0.68], [0.34, 0.32], [-0.33, 0.4])]],
  ],
  [[[[0.62, 0], [0.35, 0.3], ...arc([0.5, 0.72], [0.28, 0.28], [-0.5, -1.5])]]],
  [
    [
      [
        [0.15, 0],
        [0.82, 0],
        [0.4, 1],
      ],
    ],
    [
      [
        [0.15, 0],
        [0.82, 0],
        [0.4, 1],
      ],
      [
        [0.3, 0.5],
        [0.78, 0.5],
      ],
    ],
  ],
  [
    [
      [
        ...arc([0.5, 0.24], [0.26, 0.24], [-0.05, -0.75]),
        ...arc([0.5, 0.74], [0.3, 0.26], [-0.25, 0.75]),
        ...arc([0.5, 0.24], [0.26, 0.24], [0.25, -0.05]),
      ],
    ],
  ],
  [
    [[...arc([0.48, 0.28], [0.28, 0.28], [0, -1]), [0.76, 0.28], [0.7, 1]]],
    [[...arc([0.48, 0.28], [0.28, 0.28], [-0.1, -1]), [0.76, 0.5], ...arc([0.5, 0.74], [0.26, 0.26], [0, 0.35])]],
  ],
];

export interface Hand {
  /** Between 0 and 1. */
  readonly random: () => number;
  /** The sides of what is drawn on. */
  readonly padSize: number;
}

/** Returns a digit's strokes in one of its forms, drawn by a hand. */
export function write(digit: number, form: number, {random, padSize}: Hand): Stroke[] {
  const around = (spread: number): number => (random() * 2 - 1) * spread;
  const height = padSize * (0.55 + random() * 0.3);
  const width = height * (0.75 + random() * 0.25);
  const slant = 0.08 + around(0.17);
  const turn = around(0.09);
  const left = (padSize - width) * (0.35 + random() * 0.3);
  const top = (padSize - height) * (0.3 + random() * 0.4);
  const waves = Array.from({length: 4}, () => ({turns: 0.5 + random() * 2, phase: random(), depth: around(0.018)}));
  const tremble = (at: number, from: number): number =>
    waves
      .slice(from, from + 2)
      .reduce((sum, {turns, phase, depth}) => sum + depth * Math.sin(2 * Math.PI * (turns * at + phase)), 0);
  const place = ([x, y]: readonly [number, number], at: number): Point => {
    const dx = x - 0.5 + (0.5 - y) * slant + tremble(at, 0);
    const dy = y - 0.5 + tremble(at, 2);
    return {
      x: left + (0.5 + dx * Math.cos(turn) - dy * Math.sin(turn)) * width,
      y: top + (0.5 + dy * Math.cos(turn) + dx * Math.sin(turn)) * height,
    };
  };
  return FORMS[digit]![form]!.map((line) => {
    const dense = withPointsBetween(line);
    return dense.map((point, i) => place(point, i / dense.length));
  });
}

/** As many points as a pointer tells. */
function withPointsBetween(line: Line): Line {
  return line.flatMap((to, i) => {
    const from = line[i - 1];
    if (from === undefined) return [to];
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 0.04));
    return Array.from({length: steps}, (_, step): [number, number] => {
      const share = (step + 1) / steps;
      return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
    });
  });
}
