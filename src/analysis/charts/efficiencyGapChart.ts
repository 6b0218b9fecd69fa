/**
 * The efficiency gap of models: how long their arithmetic alone would take, and how long they take, joined by a line. Latencies go
 * by powers of ten, so that lines of one length are of one efficiency. Upwards goes accuracy; where it is not known of every
 * model, each has a row of its own. Source: A. Lavin, arXiv 2404.03617; how it is drawn is ours.
 */
import * as Plot from '@observablehq/plot';
import {type Canvas, type ChartOptions, halo, type KeyEntry, svgOf} from './figure.ts';
import {checkDrawable} from './inputs.ts';
import {around, type Box, type Label, placed, type Point, textWidth} from './labels.ts';
import {type Inks, inksOf, SERIES} from './theme.ts';
import {decades, duration, niceStep, percent, threeDigits, withUnit} from './units.ts';

/** An EfficiencyGap is one. */
export interface ChartGap {
  readonly name: string;
  /** As a share of 1; null where it is not known. */
  readonly accuracy: number | null;
  /** Within which the accuracy lies, as far as is known. */
  readonly accuracyInterval?: readonly [number, number] | undefined;
  /** Models of one family have one colour. Default: all are of one. */
  readonly family?: string | undefined;
  /** Units: milliseconds. */
  readonly idealMs: number;
  /** Units: milliseconds. */
  readonly actualMs: number;
  /** idealMs ÷ actualMs. */
  readonly efficiency: number;
}

export interface EfficiencyGapChartOptions extends ChartOptions {
  /** The machine's peak, which ideal latency is of. Units: operations a second. */
  readonly opsPerS?: number;
}

const MARGINS = {left: 74, right: 24, top: 14, bottom: 56};
const ACCURACY_HEIGHT = 460;
const ROW_HEIGHT = 40;
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond2', 'star', 'hexagon', 'wye'] as const;
const LABEL_SIZE = 11;
const RADIUS = 5;
const AXIS = {fontSize: 11, labelAnchor: 'center', labelArrow: 'none'} as const;

interface Row {
  readonly gap: ChartGap;
  /** Accuracy, or the number of the row. */
  readonly y: number;
  readonly colour: string;
  readonly symbol: (typeof SYMBOLS)[number];
}

interface Axis {
  readonly scale: Plot.ScaleOptions;
  readonly marks: readonly Plot.Markish[];
}

/** Returns ideal and actual latency of models against their accuracy as an SVG file. Throws: `invalid-option` without a model. */
export function efficiencyGapChart(
  gaps: readonly ChartGap[],
  {title = 'Efficiency gap', theme = 'auto', width = 960, opsPerS}: EfficiencyGapChartOptions = {},
): string {
  checkDrawable('efficiencyGapChart', 'the models', gaps);
  const inks = inksOf(theme);
  const families = [...new Set(gaps.map(({family}) => family ?? ''))];
  const byAccuracy = gaps.every(({accuracy}) => accuracy !== null);
  const rows = gaps.map((gap, i): Row => {
    const family = families.indexOf(gap.family ?? '');
    return {
      gap,
      y: byAccuracy ? gap.accuracy! : i,
      colour: inks[SERIES[family] ?? 'other'],
      symbol: SYMBOLS[family % SYMBOLS.length]!,
    };
  });
  const peak = opsPerS === undefined ? 'the machine’s peak' : `the peak of ${withUnit(opsPerS, 'op/s')}`;
  return svgOf(
    {
      title,
      subtitle: [
        `Hollow: how long a model’s operations take at ${peak}. Filled: how long the model takes. Their distance is the gap;`,
        `lines of one length are of one efficiency, ideal ÷ actual.`,
      ],
      key: keyOf(rows, inks),
      notes: intervalNote(gaps, byAccuracy),
      description: gaps
        .map(
          ({name, efficiency, idealMs, actualMs}) =>
            `${name}: ideal ${duration(idealMs)}, actual ${duration(actualMs)}, ${percent(efficiency)}`,
        )
        .join('; '),
      theme,
      width,
      frameHeight: byAccuracy ? ACCURACY_HEIGHT : ROW_HEIGHT * gaps.length,
      margins: byAccuracy ? MARGINS : {...MARGINS, left: rowsMargin(gaps)},
    },
    (canvas) => {
      const latency = latencyAxis(gaps, inks);
      const up = byAccuracy ? accuracyAxis(gaps, inks) : rowAxis(gaps, inks);
      return {
        x: latency.scale,
        y: up.scale,
        marks: [
          ...latency.marks,
          ...up.marks,
          ...gapMarks(rows, inks),
          ...(byAccuracy ? labels(rows, latency, up, canvas) : rowLabels(rows, latency, up, canvas)),
        ],
      };
    },
  );
}

function keyOf(rows: readonly Row[], {text}: Inks): KeyEntry[] {
  const families = new Map(rows.map(({gap, colour, symbol}) => [gap.family, {fill: colour, symbol}]));
  return [
    {label: 'ideal', fill: 'none', stroke: text, symbol: 'circle'},
    {label: 'actual', fill: text, symbol: 'circle'},
    ...[...families].flatMap(([label, look]) => (label === undefined ? [] : [{label, ...look}])),
  ];
}

function intervalNote(gaps: readonly ChartGap[], byAccuracy: boolean): string[][] {
  const known = byAccuracy && gaps.some(({accuracyInterval}) => accuracyInterval !== undefined);
  return known ? [['Upright bars: where the accuracy lies, as far as the images at hand tell.']] : [];
}

function latencyAxis(gaps: readonly ChartGap[], {muted, text, grid}: Inks): Axis {
  const low = Math.min(...gaps.flatMap(({idealMs, actualMs}) => [idealMs, actualMs])) / 1.7;
  const high = Math.max(...gaps.flatMap(({idealMs, actualMs}) => [idealMs, actualMs])) * 1.7;
  const ticks = roundValues(low, high);
  return {
    scale: {type: 'log', domain: [low, high], axis: null},
    marks: [
      Plot.gridX(ticks, {stroke: grid, strokeOpacity: 1}),
      Plot.axisX(ticks, {
        ...AXIS,
        stroke: muted,
        fill: text,
        label: 'latency (ms)',
        labelOffset: 40,
        tickFormat: threeDigits,
      }),
    ],
  };
}

function accuracyAxis(gaps: readonly ChartGap[], {muted, text, grid}: Inks): Axis {
  const known = gaps.flatMap(({accuracy, accuracyInterval = []}) => [accuracy ?? 0, ...accuracyInterval]);
  const spread = Math.max(0.01, Math.max(...known) - Math.min(...known));
  const domain = [Math.min(...known) - 0.12 * spread, Math.max(...known) + 0.12 * spread];
  const step = niceStep(spread / 6);
  const first = Math.ceil(domain[0]! / step);
  const ticks = Array.from({length: Math.floor(domain[1]! / step) - first + 1}, (_, i) => (first + i) * step);
  return {
    scale: {type: 'linear', domain, axis: null},
    marks: [
      Plot.gridY(ticks, {stroke: grid, strokeOpacity: 1}),
      Plot.axisY(ticks, {...AXIS, stroke: muted, fill: text, label: 'accuracy', labelOffset: 56, tickFormat: percent}),
    ],
  };
}

/** A row for each model, the first on top, with its name. */
function rowAxis(gaps: readonly ChartGap[], {text}: Inks): Axis {
  return {
    scale: {type: 'linear', domain: [gaps.length - 0.5, -0.5], axis: null},
    marks: [
      Plot.axisY(
        gaps.map((_, i) => i),
        {fontSize: 12, tickSize: 0, fill: text, label: null, tickFormat: (_: number, i: number) => gaps[i]!.name},
      ),
    ],
  };
}

function rowsMargin(gaps: readonly ChartGap[]): number {
  return 24 + Math.max(...gaps.map(({name}) => textWidth(name, 12)));
}

function gapMarks(rows: readonly Row[], {background}: Inks): Plot.Markish[] {
  return rows.flatMap(({gap, y, colour, symbol}) => {
    const {idealMs, actualMs, accuracyInterval} = gap;
    const name = `${gap.name}\nideal ${duration(idealMs)}, actual ${duration(actualMs)}: ${percent(gap.efficiency)}`;
    const dot = (x: number, fill: string): Plot.Markish =>
      Plot.dot([{x, y}], {x: 'x', y: 'y', symbol, r: RADIUS, fill, stroke: colour, strokeWidth: 2, title: () => name});
    const interval =
      accuracyInterval === undefined || gap.accuracy === null
        ? []
        : [
            Plot.ruleX([actualMs], {
              y1: accuracyInterval[0],
              y2: accuracyInterval[1],
              stroke: colour,
              strokeOpacity: 0.6,
            }),
          ];
    return [
      Plot.ruleY([y], {x1: idealMs, x2: actualMs, stroke: colour, strokeWidth: 2}),
      ...interval,
      dot(idealMs, background),
      dot(actualMs, colour),
    ];
  });
}

/** Name and efficiency of each model by its line, where they find room. */
function labels(rows: readonly Row[], along: Axis, up: Axis, canvas: Canvas): Plot.Markish[] {
  const at = positions(along, up, canvas);
  const lines = rows.map(({gap, y}) => ({ideal: at(gap.idealMs, y), actual: at(gap.actualMs, y)}));
  const obstacles = lines.flatMap(({ideal, actual}): Box[] => [
    {left: ideal.x, right: actual.x, top: ideal.y - 1, bottom: ideal.y + 1},
    around(ideal, RADIUS),
    around(actual, RADIUS),
  ]);
  const wanted = rows.map(({gap, colour}, i): Label & {colour: string} => {
    const {ideal, actual} = lines[i]!;
    const text = `${gap.name} ${percent(gap.efficiency)}`;
    const half = textWidth(text, LABEL_SIZE) / 2 + RADIUS + 6;
    const middle = {x: (ideal.x + actual.x) / 2, y: ideal.y};
    const beside = [
      {x: actual.x + half, y: actual.y},
      {x: ideal.x - half, y: ideal.y},
    ];
    const shifted = [-11, 11, -20, 20].flatMap((down) => [middle, ...beside].map(({x, y}) => ({x, y: y + down})));
    const places = [shifted[0]!, shifted[3]!, ...beside, ...shifted];
    return {text, fontSize: LABEL_SIZE, places, required: true, colour};
  });
  return placed(wanted, canvas, obstacles).map((label) =>
    halo(label.text, label.at, canvas, {fill: label.colour, fontWeight: 600}),
  );
}

function rowLabels(rows: readonly Row[], along: Axis, up: Axis, canvas: Canvas): Plot.Markish[] {
  const at = positions(along, up, canvas);
  return rows.map(({gap, y}) => {
    const ideal = at(gap.idealMs, y);
    const middle = (ideal.x + at(gap.actualMs, y).x) / 2;
    return halo(percent(gap.efficiency), {x: middle, y: ideal.y - 11}, canvas);
  });
}

function positions(along: Axis, up: Axis, {left, right, top, bottom}: Canvas): (x: number, y: number) => Point {
  const horizontal = Plot.scale({x: {...along.scale, range: [left, right]}});
  const vertical = Plot.scale({y: {...up.scale, range: [bottom, top]}});
  return (x, y) => ({x: horizontal.apply(x) as number, y: vertical.apply(y) as number});
}

/** Returns the values 1, 2 and 5 times a power of ten in a range; powers of ten alone where these would be many. */
function roundValues(low: number, high: number): number[] {
  const powers = decades(low / 10, high);
  const factors = powers.length > 4 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => factors.map((factor) => factor * power))
    .filter((value) => value >= low && value <= high);
}
