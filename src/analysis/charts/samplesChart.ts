/**
 * All timed samples of a comparison: a row for each side, a dot for each sample, the first on top, and a line at the median. Times
 * begin at 0, so that distances from the left are of the same ratio as the times.
 */
import * as Plot from '@observablehq/plot';
import {checkOptionNames} from '../../../ops/options.ts';
import {median, quantile} from '../../run/statistics.ts';
import {axisStyle, gridStyle, pixelOf} from './axes.ts';
import {type Canvas, CHART_OPTIONS, type ChartOptions, EDGE, halo, svgOf} from './figure.ts';
import {checkDrawable} from './inputs.ts';
import {shortened, textWidth} from './labels.ts';
import {type Inks, inksOf, seriesColour, sideSymbol} from './theme.ts';
import {duration, niceStep, threeDigits} from './units.ts';

/** What was timed, and how long each sample took. */
export interface ChartSamples {
  /** As in 'stock' or 'fused'. */
  readonly label: string;
  /** In the order in which they were taken. Units: milliseconds. */
  readonly ms: readonly number[];
}

const MARGINS = {right: 28, top: 8, bottom: 46};
/** Between the axis and what stands below. */
const NOTES_GAP = 10;
const ROW_HEIGHT = 76;
/** Of a row: what its dots take, in the middle, under the median's label. */
const DOTS = {top: 0.3, bottom: 0.9};
const LABEL_SIZE = 12;
/** Labels are shortened to this share of the width, lest the frame have no room. */
const LABEL_SHARE = 0.35;
const RADIUS = 3.5;
/** A sample that takes longer than so many times the largest upper quartile is drawn at the edge. */
const FAR = 2;
/** How far the frame then goes beyond that quartile. */
const ROOM = 1.3;
/** Between ticks. Units: pixels. */
const TICK_GAP = 64;

interface Row extends ChartSamples {
  readonly medianMs: number;
  readonly colour: string;
  readonly symbol: Plot.SymbolName;
}

/** Returns the samples of each side as an SVG file; the first side is what the others are compared with. Throws: `invalid-option` without samples. */
export function samplesChart(sides: readonly ChartSamples[], options: ChartOptions = {}): string {
  checkOptionNames('samplesChart', options, CHART_OPTIONS);
  const {title = 'Time of a run', theme = 'auto', width = 960} = options;
  checkDrawable('samplesChart', 'the sides', sides);
  for (const {label, ms} of sides) checkDrawable('samplesChart', `the samples of ${label}`, ms);
  const inks = inksOf(theme);
  const rows = sides.map(({label, ms}, i): Row => {
    const shown = shortened(label, LABEL_SHARE * width, LABEL_SIZE);
    return {label: shown, ms, medianMs: median(ms), colour: seriesColour(inks, i), symbol: sideSymbol(i)};
  });
  const edge = edgeOf(rows);
  const x: Plot.ScaleOptions = {type: 'linear', domain: [0, edge], axis: null};
  const y: Plot.ScaleOptions = {type: 'linear', domain: [rows.length, 0], axis: null};
  const notes = farNotes(sides, edge);
  const left = EDGE + 12 + Math.max(...rows.map(({label}) => textWidth(label, LABEL_SIZE)));
  return svgOf(
    {
      title,
      subtitle: [...comparisons(sides, rows), 'Each mark is a timed sample, the first on top; the line is the median.'],
      key: [],
      notes: [notes],
      description: rows.map(({medianMs, ms}, i) => `${sides[i]!.label}: ${summary(medianMs, ms)}`).join('; '),
      theme,
      width,
      frameHeight: ROW_HEIGHT * rows.length,
      margins: {...MARGINS, left, bottom: MARGINS.bottom + (notes.length === 0 ? 0 : NOTES_GAP)},
    },
    (canvas) => ({
      x,
      y,
      marks: [
        ...axisMarks(edge, canvas),
        Plot.axisY(
          rows.map((_, i) => i + (DOTS.top + DOTS.bottom) / 2),
          {
            ...{fontSize: LABEL_SIZE, tickSize: 0, fill: inks.text, label: null},
            tickFormat: (_: number, i: number) => rows[i]!.label,
          },
        ),
        ...rows.flatMap((row, i) => [...dots(row, {index: i, edge, inks}), ...medianMarks(row, i, {x, y, canvas})]),
      ],
    }),
  );
}

/** Where the frame ends: beyond all samples, but for a few that took far longer. */
function edgeOf(rows: readonly Row[]): number {
  const usual = Math.max(...rows.map(({ms}) => quantile(ms, 0.75)));
  const longest = Math.max(...rows.flatMap(({ms}) => ms));
  // All may take less time than the clock's resolution.
  return (longest > FAR * usual ? ROOM * usual : 1.06 * longest) || 1;
}

/** What each side but the first gains. */
function comparisons(sides: readonly ChartSamples[], [first, ...others]: readonly Row[]): string[] {
  return others
    .filter(({medianMs}) => medianMs > 0)
    .map(({medianMs}, i) => {
      const [label, than] = [sides[i + 1]!.label, sides[0]!.label];
      return `${label}: ${threeDigits(first!.medianMs / medianMs)} times as fast as ${than}.`;
    });
}

function farNotes(sides: readonly ChartSamples[], edge: number): string[] {
  const far = sides.flatMap(({label, ms}) => {
    const longer = ms.filter((each) => each > edge);
    return longer.length === 0 ? [] : [`${longer.length} of ${label}, up to ${duration(Math.max(...longer))}`];
  });
  return far.length === 0 ? [] : [`Hollow, at the edge: samples that took longer: ${far.join('; ')}.`];
}

function summary(medianMs: number, ms: readonly number[]): string {
  const [low, high] = [quantile(ms, 0.1), quantile(ms, 0.9)].map(duration);
  return `median ${duration(medianMs)}, 10th to 90th percentile ${low} to ${high}, ${ms.length} samples`;
}

function axisMarks(edge: number, {inks, left, right}: Canvas): Plot.Markish[] {
  const step = niceStep((edge * TICK_GAP) / (right - left));
  const ticks = Array.from({length: Math.floor(edge / step) + 1}, (_, i) => i * step);
  return [
    Plot.gridX(ticks, gridStyle(inks)),
    Plot.axisX(ticks, {...axisStyle(inks), label: 'time of a run (ms)', labelOffset: 38, tickFormat: threeDigits}),
  ];
}

interface Sample {
  readonly ms: number;
  readonly x: number;
  readonly y: number;
  readonly number: number;
}

function dots(
  {label, ms, colour, symbol}: Row,
  {index, edge, inks}: {index: number; edge: number; inks: Inks},
): Plot.Markish[] {
  const step = (DOTS.bottom - DOTS.top) / ms.length;
  const samples = ms.map((each, i): Sample => ({
    ms: each,
    x: Math.min(each, edge),
    y: index + DOTS.top + step * (i + 0.5),
    number: i + 1,
  }));
  const marks = (far: boolean): Plot.Markish =>
    Plot.dot(
      samples.filter((sample) => sample.ms > edge === far),
      {
        ...{x: 'x', y: 'y', symbol, r: RADIUS, fillOpacity: 0.65},
        ...(far ? {fill: inks.background, stroke: colour, strokeWidth: 1.5} : {fill: colour, stroke: 'none'}),
        title: (sample: Sample) => `${label}, sample ${sample.number}: ${duration(sample.ms)}`,
      },
    );
  return [marks(false), marks(true)];
}

interface Placing {
  readonly x: Plot.ScaleOptions;
  readonly y: Plot.ScaleOptions;
  readonly canvas: Canvas;
}

/** A line through the row, with its time above, within the frame. */
function medianMarks({medianMs, colour}: Row, index: number, {x, y, canvas}: Placing): Plot.Markish[] {
  const text = duration(medianMs);
  const at = pixelOf({x, y}, canvas)({x: medianMs, y: index + 0.14});
  const half = textWidth(text, LABEL_SIZE, 'bold') / 2;
  const middle = Math.min(Math.max(at.x, canvas.left + half), canvas.right - half);
  return [
    Plot.ruleX([medianMs], {y1: index + 0.24, y2: index + 0.96, stroke: colour, strokeWidth: 2.5}),
    halo(text, {x: middle, y: at.y}, canvas, {fill: colour, fontSize: LABEL_SIZE, fontWeight: 600}),
  ];
}
