/**
 * The efficiency gap of models: how long their arithmetic alone would take, and how long they take, joined by a line. Latencies go
 * by powers of ten, so that lines of one length are of one efficiency. Upwards goes accuracy; where it is not known of every
 * model, each has a row of its own. Source: A. Lavin, arXiv 2404.03617; how it is drawn is ours.
 */
import * as Plot from '@observablehq/plot';
import {checkOptionNames} from '../../../ops/options.ts';
import {axisStyle, gridStyle, pixelOf, upright} from './axes.ts';
import {type Canvas, CHART_OPTIONS, type ChartOptions, halo, type KeyEntry, svgOf} from './figure.ts';
import {checkDrawable} from './inputs.ts';
import {type Point, shortened, spacedOut, textWidth, type Weight} from './labels.ts';
import {type Inks, inksOf, seriesColour, sideSymbol} from './theme.ts';
import {decades, duration, niceStep, percent, threeDigits, withUnit} from './units.ts';

/** An EfficiencyGap is one. */
export interface ChartGap {
  /** Gaps of one name are of one model, run in several ways: they share a line. */
  readonly name: string;
  /** The way in which the model was run, as in 'stock' or 'fused': each has a symbol. */
  readonly side?: string | undefined;
  /** As a share of 1; null where it is not known. */
  readonly accuracy: number | null;
  /** The interval of the accuracy, where it is known. */
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

const MARGINS = {left: 82, right: 24, top: 14, bottom: 56};
const ACCURACY_HEIGHT = 460;
const ROW_HEIGHT = 40;
/** Between lines of about one accuracy, so that each has room for its name. */
const LINE_GAP = 15;
interface Face {
  readonly fontSize: number;
  readonly weight: Weight;
}
const LINE_LABEL: Face = {fontSize: 11, weight: 'bold'};
const ROW_LABEL: Face = {fontSize: 12, weight: 'regular'};
/** Between a label and the frame. Units: pixels. */
const LABEL_GAP = 24;
/** Labels are shortened to this share of the width, lest the frame have no room. */
const LABEL_SHARE = 0.4;
const RADIUS = 5;

/** A model with all the ways in which it was run. */
interface Model {
  readonly name: string;
  readonly gaps: readonly ChartGap[];
  /** Accuracy, or the number of the row. */
  readonly y: number;
  readonly colour: string;
  /** Its name, at the end of the line with its efficiencies. */
  readonly label: string;
}

interface Axis {
  readonly scale: Plot.ScaleOptions;
  readonly marks: readonly Plot.Markish[];
}

/** Returns ideal and actual latency of models against their accuracy as an SVG file. Throws: `invalid-option` without a model. */
export function efficiencyGapChart(gaps: readonly ChartGap[], options: EfficiencyGapChartOptions = {}): string {
  checkOptionNames('efficiencyGapChart', options, [...CHART_OPTIONS, 'opsPerS']);
  const {title = 'Efficiency gap', theme = 'auto', width = 960, opsPerS} = options;
  checkDrawable('efficiencyGapChart', 'the models', gaps);
  const inks = inksOf(theme);
  const sides = [...new Set(gaps.map(({side}) => side))];
  const byAccuracy = gaps.every(({accuracy}) => accuracy !== null);
  const models = modelsOf(gaps, {byAccuracy, inks, room: LABEL_SHARE * width});
  const latency = latencyAxis(gaps, inks);
  const up = byAccuracy ? accuracyAxis(gaps, inks) : rowAxis(models, inks);
  const frameHeight = byAccuracy
    ? Math.max(ACCURACY_HEIGHT, 1.5 * LINE_GAP * models.length)
    : ROW_HEIGHT * models.length;
  const lines = byAccuracy ? apart(models, up, frameHeight) : models;
  const peak = opsPerS === undefined ? 'the machine’s peak' : `the peak of ${withUnit(opsPerS, 'op/s')}`;
  const order = sides.length === 1 ? '' : `, at the end of the line: ${sides.join(' → ')}`;
  return svgOf(
    {
      title,
      subtitle: [
        `Hollow: how long a model’s operations take at ${peak}. Filled: how long the model takes. Their distance is the gap;`,
        `lines of one length are of one efficiency, ideal ÷ actual${order}.`,
      ],
      key: keyOf(models, sides, inks),
      notes: [byAccuracy ? accuracyNotes(models, lines) : []],
      description: gaps.map((gap) => gapText(gap).replace('\n', ': ')).join('; '),
      theme,
      width,
      frameHeight,
      margins: byAccuracy
        ? {...MARGINS, right: LABEL_GAP + widest(models, LINE_LABEL)}
        : {...MARGINS, left: LABEL_GAP + widest(models, ROW_LABEL)},
    },
    (canvas) => ({
      x: latency.scale,
      y: up.scale,
      marks: [
        ...latency.marks,
        ...up.marks,
        ...lines.flatMap((line) => [...intervals(line), ...lineMarks(line, sides, inks)]),
        ...lines.map((line) => (byAccuracy ? atLineEnd : overLine)(line, latency, up, canvas)),
      ],
    }),
  );
}

function modelsOf(
  gaps: readonly ChartGap[],
  {byAccuracy, inks, room}: {byAccuracy: boolean; inks: Inks; room: number},
): Model[] {
  const families = [...new Set(gaps.map(({family}) => family))];
  const names = [...new Set(gaps.map(({name}) => name))];
  return names.map((name, row) => {
    const ofModel = gaps.filter((gap) => gap.name === name);
    const [{accuracy, family}] = ofModel as [ChartGap];
    return {
      name,
      gaps: ofModel,
      y: byAccuracy ? accuracy! : row,
      colour: seriesColour(inks, families.indexOf(family)),
      label: byAccuracy ? lineLabel(name, ofModel, room) : shortened(name, room, ROW_LABEL.fontSize),
    };
  });
}

/** Name and efficiencies. */
function lineLabel(name: string, gaps: readonly ChartGap[], room: number): string {
  const {fontSize, weight} = LINE_LABEL;
  const behind = ` ${shares(gaps)}`;
  return shortened(name, room - textWidth(behind, fontSize, weight), fontSize, weight) + behind;
}

function keyOf(models: readonly Model[], sides: readonly (string | undefined)[], {text}: Inks): KeyEntry[] {
  const families = new Map(models.map(({gaps, colour}) => [gaps[0]!.family, colour]));
  return [
    {label: 'ideal', fill: 'none', stroke: text, symbol: 'circle'},
    ...sides.map((side = 'actual', i): KeyEntry => ({label: side, fill: text, symbol: sideSymbol(i)})),
    ...[...families].flatMap(([family, fill]) => (family === undefined ? [] : [{label: family, fill}])),
  ];
}

function accuracyNotes(models: readonly Model[], lines: readonly Model[]): string[] {
  const known = models.some(({gaps}) => gaps.some(({accuracyInterval}) => accuracyInterval !== undefined));
  const notes = [
    ...(known ? ['Upright bars: where the accuracy lies, as far as the images at hand tell.'] : []),
    ...(lines.some(({y}, i) => y !== models[i]!.y) ? ['Lines of about one accuracy are moved apart.'] : []),
  ];
  return notes.length === 0 ? [] : [notes.join(' ')];
}

function widest(models: readonly Model[], {fontSize, weight}: Face): number {
  return Math.max(...models.map(({label}) => textWidth(label, fontSize, weight)));
}

function latencyAxis(gaps: readonly ChartGap[], inks: Inks): Axis {
  const low = Math.min(...times(gaps)) / 1.4;
  const high = Math.max(...times(gaps)) * 1.4;
  const ticks = roundValues(low, high);
  return {
    scale: {type: 'log', domain: [low, high], axis: null},
    marks: [
      Plot.gridX(ticks, gridStyle(inks)),
      Plot.axisX(ticks, {
        ...axisStyle(inks),
        label: 'latency (ms)',
        labelOffset: 40,
        // Plot leaves out some labels of powers where tickFormat gives them.
        text: threeDigits,
      }),
    ],
  };
}

function accuracyAxis(gaps: readonly ChartGap[], inks: Inks): Axis {
  const known = gaps.flatMap(({accuracy, accuracyInterval = []}) => [accuracy ?? 0, ...accuracyInterval]);
  const range = Math.max(0.01, Math.max(...known) - Math.min(...known));
  const domain = [Math.min(...known) - 0.12 * range, Math.max(...known) + 0.12 * range];
  const step = niceStep(range / 6);
  const first = Math.ceil(domain[0]! / step);
  const ticks = Array.from({length: Math.floor(domain[1]! / step) - first + 1}, (_, i) => (first + i) * step);
  return {
    scale: {type: 'linear', domain, axis: null},
    marks: [
      Plot.gridY(ticks, gridStyle(inks)),
      Plot.axisY(ticks, {...axisStyle(inks), label: 'accuracy', labelOffset: 64, tickFormat: percent}),
    ],
  };
}

/** A row for each model, the first on top, with its name. */
function rowAxis(models: readonly Model[], {text}: Inks): Axis {
  return {
    scale: {type: 'linear', domain: [models.length - 0.5, -0.5], axis: null},
    marks: [
      Plot.axisY(
        models.map((_, i) => i),
        {
          fontSize: ROW_LABEL.fontSize,
          tickSize: 0,
          fill: text,
          label: null,
          tickFormat: (_: number, i: number) => models[i]!.label,
        },
      ),
    ],
  };
}

/** Moves lines apart that would overlap. */
function apart(models: readonly Model[], {scale}: Axis, frameHeight: number): Model[] {
  const vertical = upright(scale, {top: 0, bottom: frameHeight});
  const heights = models.map(({y}) => vertical.apply(y) as number);
  const spaced = spacedOut(heights, LINE_GAP, {left: 0, right: frameHeight});
  return models.map((model, i) =>
    spaced[i] === heights[i] ? model : {...model, y: vertical.invert!(spaced[i]!) as number},
  );
}

/** The interval of the accuracy, at its own height even where the line was moved. */
function intervals({gaps: [gap], colour}: Model): Plot.Markish[] {
  const {accuracy, accuracyInterval, idealMs} = gap!;
  if (accuracy === null || accuracyInterval === undefined) return [];
  const [y1, y2] = accuracyInterval;
  return [Plot.ruleX([idealMs], {y1, y2, stroke: colour, strokeOpacity: 0.6})];
}

function lineMarks(
  {gaps, y, colour}: Model,
  sides: readonly (string | undefined)[],
  {background}: Inks,
): Plot.Markish[] {
  const dot = (x: number, symbol: Plot.SymbolName, fill: string, title: string): Plot.Markish =>
    Plot.dot([{x, y}], {x: 'x', y: 'y', symbol, r: RADIUS, fill, stroke: colour, strokeWidth: 2, title: () => title});
  const [{idealMs}] = gaps as [ChartGap];
  return [
    Plot.ruleY([y], {x1: Math.min(...times(gaps)), x2: Math.max(...times(gaps)), stroke: colour, strokeWidth: 2}),
    dot(idealMs, 'circle', background, gaps.map(gapText).join('\n')),
    ...gaps.map((gap) => dot(gap.actualMs, sideSymbol(sides.indexOf(gap.side)), colour, gapText(gap))),
  ];
}

function gapText({name, side, idealMs, actualMs, efficiency}: ChartGap): string {
  const ran = side === undefined ? name : `${name}, ${side}`;
  return `${ran}\nideal ${duration(idealMs)}, actual ${duration(actualMs)}: ${percent(efficiency)}`;
}

function atLineEnd({gaps, y, colour, label}: Model, along: Axis, up: Axis, canvas: Canvas): Plot.Markish {
  const end = pixelOf({x: along.scale, y: up.scale}, canvas)({x: Math.max(...times(gaps)), y});
  return halo(label, {x: end.x + RADIUS + 6, y: end.y}, canvas, {
    ...{fill: colour, fontSize: LINE_LABEL.fontSize, fontWeight: 600, textAnchor: 'start'},
  });
}

const shares = (gaps: readonly ChartGap[]): string => gaps.map(({efficiency}) => percent(efficiency)).join(' → ');

/** Efficiencies over the middle of the line; its name stands beside the row. */
function overLine({gaps, y}: Model, along: Axis, up: Axis, canvas: Canvas): Plot.Markish {
  const at = pixelOf({x: along.scale, y: up.scale}, canvas);
  const [first, last] = [Math.min(...times(gaps)), Math.max(...times(gaps))].map((ms) => at({x: ms, y})) as [
    Point,
    Point,
  ];
  return halo(shares(gaps), {x: (first.x + last.x) / 2, y: first.y - 15}, canvas);
}

const times = (gaps: readonly ChartGap[]): number[] => gaps.flatMap(({idealMs, actualMs}) => [idealMs, actualMs]);

/** Returns the values 1, 2 and 5 times a power of ten in a range; powers of ten alone where these would be many. */
function roundValues(low: number, high: number): number[] {
  const powers = decades(low / 10, high);
  const factors = powers.length > 4 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => factors.map((factor) => factor * power))
    .filter((value) => value >= low && value <= high);
}
