/**
 * The waterline: each kernel a bar, in the order in which they ran, as wide as its bytes and as high as its ops for each byte;
 * the waterline is the machine's balance, and bars under water are memory-bound. "After Lavin": our reconstruction.
 *
 * Heights go by powers of ten, since intensities lie between a tenth and hundreds of ops for a byte: the depth of a bar under
 * water is then the factor that memory keeps it from the peak. With `height: 'linear'` a bar's area is its ops, and bars higher
 * than the frame are torn near its top.
 *
 * Several models stand side by side on one scale both ways: a pixel is as many bytes in each.
 */
import * as Plot from '@observablehq/plot';
import {checkOptionNames} from '../../../ops/options.ts';
import {axisStyle, gridStyle, upright} from './axes.ts';
import {
  atPixel,
  type Canvas,
  CHART_OPTIONS,
  type ChartOptions,
  EDGE,
  type KeyEntry,
  hatch,
  hatched,
  line,
  svgOf,
  words,
} from './figure.ts';
import {
  balance,
  checkDrawable,
  type ChartMachine,
  type ChartSide,
  gapsOf,
  kernelText,
  kernelTitle,
  memoryOf,
} from './inputs.ts';
import {linesOf, spacedOut, textWidth} from './labels.ts';
import {type Bar, type Panel, panelsOf} from './panels.ts';
import {type Inks, inksOf} from './theme.ts';
import {decades, duration, intensityText, niceStep, percent, threeDigits, withUnit} from './units.ts';

/** How the chart is drawn. */
export interface WaterlineChartOptions extends ChartOptions {
  /** Default 'log'. */
  readonly height?: 'log' | 'linear';
}

const FRAME_HEIGHT = 330;
const MARGINS = {left: 66, right: 152, bottom: 68};
/** What stands above the panels; the markers lie between. */
const HEAD = {size: 12, line: 17, above: 40, gap: 12};
/** How high the frame is where heights are linear, as a multiple of the waterline. */
const HEADROOM = 5;
/** The slowest kernels of each panel get a number, and a line below. */
const LISTED = 5;
/** Between the names of levels. */
const LEVEL_GAP = 15;
const MARKER = {radius: 8, gap: 18};

interface Heights {
  readonly scale: Plot.ScaleOptions;
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
  /** What a bar without ops shows of itself. */
  readonly stub: number;
}

/** Returns the waterlines of models on one machine as an SVG file. Throws: `invalid-option` without a model or a bandwidth. */
export function waterlineChart(
  sides: readonly ChartSide[],
  machine: ChartMachine,
  options: WaterlineChartOptions = {},
): string {
  checkOptionNames('waterlineChart', options, [...CHART_OPTIONS, 'height']);
  const {title, theme = 'auto', width = 1120, height = 'log'} = options;
  checkDrawable('waterlineChart', 'the models', sides);
  checkDrawable('waterlineChart', 'the machine’s bandwidths', machine.bytesPerS);
  const inks = inksOf(theme);
  const waterline = balance(machine, memoryOf(machine));
  const span = {left: MARGINS.left, right: width - MARGINS.right};
  const panels = panelsOf(sides, span, (side) => headWidth(side, machine));
  const heads = headsOf(panels, machine, width);
  const headHeight = Math.max(...heads.map(({length}) => length));
  const heights = heightsOf(panels, waterline, height);
  const listed = panels.map(({bars}) => slowest(bars));
  return svgOf(
    {
      title: title ?? `Waterline: ${sides.map(({label}) => label).join(' and ')}`,
      subtitle: [
        `Each kernel is a bar, in order: as wide as the bytes that it moves, as high as its operations for each byte` +
          (height === 'log' ? ', by powers of ten.' : '; its area is its operations. Torn bars are higher.'),
        `The waterline is the machine’s balance, ${withUnit(machine.opsPerS, 'op/s')} ÷ ` +
          `${withUnit(memoryOf(machine).bytesPerS, 'B/s')} from ${memoryOf(machine).level} = ${threeDigits(waterline)} op/B.` +
          (machine.bytesPerS.length === 1 ? '' : ' For what a cache holds, its dotted line counts.'),
      ],
      key: [
        {label: 'memory-bound', fill: hatched(theme)},
        {label: 'compute-bound', fill: inks.compute},
        ...(listed.flat().length === 0 ? [] : [listedKey(inks)]),
      ],
      notes: panels.map((panel, i) => notesOf(panel, listed[i]!)),
      description: panels.map(({side}) => describeSide(side, machine)).join('; '),
      theme,
      width,
      frameHeight: FRAME_HEIGHT,
      margins: {...MARGINS, top: HEAD.above + HEAD.line * headHeight},
    },
    (canvas) => ({
      x: {type: 'linear', domain: [canvas.left, canvas.right], range: [canvas.left, canvas.right], axis: null},
      y: heights.scale,
      marks: [
        hatch(theme),
        Plot.rectY([waterline], {x1: canvas.left, x2: canvas.right, y1: heights.low, y2: waterline, fill: inks.water}),
        Plot.gridY(heights.ticks, gridStyle(inks)),
        intensityAxis(heights, canvas),
        ...panels.flatMap((panel, i) => [
          ...bars(panel, heights, hatched(theme), inks),
          ...tears(panel, heights, canvas),
          ...bytesAxis(panel, panels, canvas),
          ...stageBrackets(panel, canvas),
          ...headMarks(
            heads[i]!,
            {left: panel.left, top: canvas.top - HEAD.above - HEAD.line * (headHeight - 1)},
            canvas,
          ),
          ...markers(listed[i]!, panel, heights, canvas),
        ]),
        ...waterlines(machine, heights, canvas),
      ],
    }),
  );
}

function listedKey({background, text}: Inks): KeyEntry {
  return {label: `the ${LISTED} slowest kernels, listed below`, fill: background, stroke: text, symbol: 'circle'};
}

function heightsOf(panels: readonly Panel[], waterline: number, height: 'log' | 'linear'): Heights {
  const all = panels.flatMap(({bars}) => bars.map(({intensity}) => intensity)).filter((value) => value > 0);
  const highest = Math.max(waterline, ...all);
  if (height === 'linear') {
    const high = Math.min(1.1 * highest, HEADROOM * waterline);
    const scale: Plot.ScaleOptions = {type: 'linear', domain: [0, high], axis: null, clamp: true};
    return {scale, ticks: ticksOf(high, 6), low: 0, high, stub: high / FRAME_HEIGHT};
  }
  // A kernel of next to no ops is drawn as one of none: the axis would have no room for the others.
  const low = 10 ** Math.floor(Math.log10(Math.max(Math.min(waterline, ...all), waterline / 1000)));
  const high = 2 * highest;
  const scale: Plot.ScaleOptions = {type: 'log', domain: [low, high], axis: null, clamp: true};
  return {scale, ticks: decades(low, high), low, high, stub: low * (high / low) ** 0.01};
}

function intensityAxis({ticks}: Heights, {inks}: Canvas): Plot.Markish {
  return Plot.axisY(ticks, {
    ...axisStyle(inks),
    label: 'operational intensity (op/B)',
    labelOffset: 50,
    tickFormat: intensityText,
  });
}

function bars({bars}: Panel, {low, stub}: Heights, memoryFill: string, {compute}: Inks): Plot.Markish[] {
  const rects = (memoryBound: boolean, fill: string): Plot.Markish =>
    Plot.rect(
      bars.filter(({kernel}) => kernel.memoryBound === memoryBound),
      {
        x1: 'left',
        // A hair between bars, where they are wide enough to have one.
        x2: ({left, right}: Bar) => (right - left > 4 ? right - 0.5 : right),
        y1: () => low,
        y2: ({intensity}: Bar) => Math.max(intensity, stub),
        fill,
        title: ({kernel}: Bar) => kernelText(kernel),
      },
    );
  return [rects(true, memoryFill), rects(false, compute)];
}

/** Bars that are higher than the frame are torn near its top, neighbours together. */
function tears({bars}: Panel, {high}: Heights, {top, inks}: Canvas): Plot.Markish[] {
  const stretches: {left: number; right: number}[] = [];
  for (const {left, right, intensity} of bars) {
    if (intensity <= high) continue;
    const last = stretches[stretches.length - 1];
    if (last !== undefined && left - last.right < 0.01) last.right = right;
    else stretches.push({left, right});
  }
  return stretches.map(({left, right}) => {
    const steps = Math.max(1, Math.round((right - left) / 6));
    const points = Array.from(
      {length: steps + 1},
      (_, i) => `${left + ((right - left) * i) / steps},${top + 12 + (i % 2 === 0 ? 3 : -3)}`,
    );
    return line(`M${points.join('L')}`, inks.background, 3);
  });
}

/** Bytes from the panel's own start. */
function bytesAxis(panel: Panel, panels: readonly Panel[], canvas: Canvas): Plot.Markish[] {
  const {inks} = canvas;
  const scale = Math.max(...panels.map(({left, right, bytes}) => (bytes === 0 ? 0 : (right - left) / bytes)));
  if (scale === 0) return [];
  const step = niceStep(64 / scale);
  const count = Math.floor(panel.bytes / step);
  const values = Array.from({length: count + 1}, (_, i) => i * step);
  const ticks = values.map((value) => panel.left + scale * value);
  return [
    line(`M${panel.left},${canvas.bottom}H${panel.right}`, inks.muted),
    Plot.axisX(ticks, {
      ...axisStyle(inks),
      label: null,
      tickFormat: (_: number, i: number) => (i === 0 ? '0' : withUnit(values[i]!, 'B')),
    }),
  ];
}

/** Brackets under the bars of each stage. */
function stageBrackets({stages}: Panel, canvas: Canvas): Plot.Markish[] {
  const y = canvas.bottom + 34;
  return stages
    .filter(({label, left, right}) => label !== '' && right - left >= 3)
    .flatMap(({label, left, right}) => {
      const bracket = line(`M${left + 1},${y - 4}V${y}H${right - 1}V${y - 4}`, canvas.inks.muted);
      const fits = textWidth(label, 11) <= right - left;
      return fits ? [bracket, words(label, (left + right) / 2, y + 9, canvas, {fill: canvas.inks.muted})] : [bracket];
    });
}

function headMarks(
  head: readonly HeadLine[],
  {left, top}: {left: number; top: number},
  canvas: Canvas,
): Plot.Markish[] {
  return head.map(({text, isName}, i) =>
    words(text, left, top + HEAD.line * i, canvas, {
      textAnchor: 'start',
      fontSize: HEAD.size,
      ...(isName ? {fontWeight: 600} : {fill: canvas.inks.muted}),
    }),
  );
}

/** Numbers above the frame, each with a line to its bar. */
function markers(listed: readonly Bar[], {left}: Panel, heights: Heights, canvas: Canvas): Plot.Markish[] {
  const y = canvas.top - 14;
  const middles = listed.map((bar) => (bar.left + bar.right) / 2);
  const columns = spacedOut(middles, MARKER.gap, {left: left + MARKER.radius, right: canvas.right});
  const {background, text, muted} = canvas.inks;
  const up = upright(heights.scale, canvas);
  return listed.flatMap((bar, i) => {
    const at = columns[i]!;
    const foot = up.apply(Math.max(bar.intensity, heights.stub)) as number;
    return [
      line(`M${at},${y + MARKER.radius}L${middles[i]!},${canvas.top + 2}V${foot}`, muted),
      Plot.dot([0], {r: MARKER.radius, fill: background, stroke: text, ...atPixel(canvas, at, y)}),
      words(String(i + 1), at, y, canvas, {fontSize: 11}),
    ];
  });
}

/** The waterline, and those of the caches, named at the right. */
function waterlines(machine: ChartMachine, {low, high, scale}: Heights, canvas: Canvas): Plot.Markish[] {
  const {inks} = canvas;
  const memory = memoryOf(machine);
  const shown = machine.bytesPerS
    .map((level) => ({level, at: balance(machine, level)}))
    .filter(({level, at}) => level === memory || (at > low && at < high));
  const up = upright(scale, canvas);
  const heights = shown.map(({at}) => up.apply(at) as number);
  const labelHeights = spacedOut(heights, LEVEL_GAP, {left: canvas.top, right: canvas.bottom});
  return shown.flatMap(({level, at}, i) => {
    const main = level === memory;
    const style = {
      fill: main ? inks.waterline : inks.muted,
      textAnchor: 'start',
      fontWeight: main ? 600 : 400,
    } as const;
    const [height, labelHeight] = [heights[i]!, labelHeights[i]!];
    return [
      Plot.ruleY([at], {stroke: inks.waterline, strokeWidth: main ? 2 : 1, strokeDasharray: main ? '' : '3,4'}),
      line(`M${canvas.right},${height}L${canvas.right + 12},${labelHeight}`, inks.waterline, main ? 2 : 1),
      words(
        `${main ? 'waterline' : level.level}: ${threeDigits(at)} op/B`,
        canvas.right + 16,
        labelHeight,
        canvas,
        style,
      ),
    ];
  });
}

interface Head {
  readonly name: string;
  readonly figures: readonly string[];
}

/** What stands above a panel: the name, then what was counted and measured. */
function headOf({label, waterline: {kernels, total, wallMs}}: ChartSide, machine: ChartMachine): Head {
  const measured = wallMs === null || wallMs === 0 ? [] : [measuredText(wallMs, total.macs, machine)];
  return {
    name: `${label}: ${kernels.length} kernels`,
    figures: [
      `${withUnit(total.bytes, 'B')}, ${withUnit(total.ops, 'op')}`,
      `attainable in ${duration(total.attainableMs)}`,
      ...measured,
    ],
  };
}

/** A model's efficiency is that of its products, as in an EfficiencyGap. */
function measuredText(wallMs: number, macs: number, {opsPerS}: ChartMachine): string {
  const idealMs = (1e3 * 2 * macs) / opsPerS;
  const efficient = macs === 0 ? '' : `, ${percent(idealMs / wallMs)} efficient`;
  return `measured ${duration(wallMs)}${efficient}`;
}

function describeSide(side: ChartSide, machine: ChartMachine): string {
  const {name, figures} = headOf(side, machine);
  return [name, ...figures].join(', ');
}

function headWidth(side: ChartSide, machine: ChartMachine): number {
  const {name, figures} = headOf(side, machine);
  return Math.max(textWidth(name, HEAD.size, 'bold'), ...figures.map((text) => textWidth(text, HEAD.size)));
}

interface HeadLine {
  readonly text: string;
  readonly isName: boolean;
}

/** The heads of the panels, broken where they would reach into the next one. */
function headsOf(panels: readonly Panel[], machine: ChartMachine, width: number): HeadLine[][] {
  return panels.map(({side, left}, i) => {
    const {name, figures} = headOf(side, machine);
    const next = panels[i + 1]?.left;
    const room = (next === undefined ? width - EDGE : next - HEAD.gap) - left;
    return [
      ...linesOf(name, room, HEAD.size, 'bold').map((text) => ({text, isName: true})),
      ...figures.flatMap((figure) => linesOf(figure, room, HEAD.size)).map((text) => ({text, isName: false})),
    ];
  });
}

/** The bars whose kernels took longest. */
function slowest(bars: readonly Bar[]): Bar[] {
  const ms = ({kernel}: Bar): number => kernel.actualMs ?? 0;
  return bars
    .filter((bar) => ms(bar) > 0)
    .sort((a, b) => ms(b) - ms(a))
    .slice(0, LISTED);
}

function notesOf({side}: Panel, listed: readonly Bar[]): string[] {
  const lines = listed.map(({kernel}, i) => {
    const {actualMs, attainableMs} = kernel;
    return `${i + 1}  ${kernelTitle(kernel)}: ${duration(actualMs!)}, attainable in ${duration(attainableMs)}`;
  });
  const notes = [...lines, ...gapsOf(side)];
  return notes.length === 0 ? [] : [`${side.label}:`, ...notes];
}

function ticksOf(high: number, count: number): number[] {
  const step = niceStep(high / count);
  return Array.from({length: Math.floor(high / step) + 1}, (_, i) => i * step);
}
