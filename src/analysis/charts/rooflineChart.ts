/**
 * The roofline of single kernels: how fast each computed against its ops for each byte, under the roof of what the machine can do
 * at that intensity. The flat part is the peak; the slopes are the bandwidths of memory and of each cache. Kernels well under the
 * roof are bound by something other than bandwidth or arithmetic. A dot's area is the time that the kernel took.
 * Source: Williams, Waterman and Patterson, "Roofline", CACM 52 (2009).
 */
import * as Plot from '@observablehq/plot';
import {checkOptionNames} from '../../../ops/options.ts';
import {axisStyle, gridStyle, pixelOf} from './axes.ts';
import {type Canvas, CHART_OPTIONS, type ChartOptions, halo, type KeyEntry, svgOf} from './figure.ts';
import {
  balance,
  type ChartBandwidth,
  type ChartKernel,
  type ChartMachine,
  type ChartSide,
  checkDrawable,
  gapsOf,
  kernelText,
  memoryOf,
} from './inputs.ts';
import {around, type Box, freeLabels, type Label, type Point, textWidth} from './labels.ts';
import {type Inks, inksOf, SERIES, seriesColour, sideSymbol} from './theme.ts';
import {decades, duration, intensityText, withUnit} from './units.ts';

const FRAME_HEIGHT = 460;
const MARGINS = {left: 74, right: 24, top: 18, bottom: 58};
const LABEL_SIZE = 11;
/** Units: pixels. */
const MIN_RADIUS = 2;
const MAX_RADIUS = 17;
/** Slower kernels, as a share of the peak, are left out: the axis would have no room for the others. */
const MIN_SHARE = 1e-5;

/** What the axes span. */
interface Ranges {
  readonly x: [number, number];
  readonly y: [number, number];
}

interface Dot {
  readonly kernel: ChartKernel;
  readonly ms: number;
  readonly intensity: number;
  readonly opsPerS: number;
  readonly symbol: ReturnType<typeof sideSymbol>;
  readonly colour: string;
  readonly radius: number;
}

interface Roofline {
  readonly dots: readonly Dot[];
  readonly machine: ChartMachine;
  readonly ranges: Ranges;
}

/** Returns the roofline of a machine with the kernels of one or more models as an SVG file. Throws: `invalid-option` without a model or a bandwidth. */
export function rooflineChart(sides: readonly ChartSide[], machine: ChartMachine, options: ChartOptions = {}): string {
  checkOptionNames('rooflineChart', options, CHART_OPTIONS);
  const {title, theme = 'auto', width = 960} = options;
  checkDrawable('rooflineChart', 'the models', sides);
  checkDrawable('rooflineChart', 'the machine’s bandwidths', machine.bytesPerS);
  const inks = inksOf(theme);
  const {dots, kinds, hidden} = dotsOf(sides, machine, inks);
  const ridges = machine.bytesPerS.map((level) => balance(machine, level));
  const ranges: Ranges = {
    x: rangeOf([...dots.map(({intensity}) => intensity), ...ridges]),
    y: rangeOf([...dots.map(({opsPerS}) => opsPerS), machine.opsPerS]),
  };
  return svgOf(
    {
      title: title ?? `Roofline: ${sides.map(({label}) => label).join(' and ')}`,
      subtitle: [
        'Each kernel is a dot, its area the time that it took. The roof is what the machine can do: its peak, and what each level of memory can feed.',
      ],
      key: [
        ...sideKey(sides, inks),
        ...kinds.map(({label, colour}): KeyEntry => ({label, fill: colour, symbol: 'hexagon'})),
      ],
      notes: [
        [
          ...(hidden === 0 ? [] : [hiddenText(hidden)]),
          ...sides.flatMap((side) => gapsOf(side).map((gap) => `${side.label}: ${gap}`)),
        ],
      ],
      description: `${dots.length} kernels under a peak of ${withUnit(machine.opsPerS, 'op/s')}.`,
      theme,
      width,
      frameHeight: FRAME_HEIGHT,
      margins: MARGINS,
    },
    (canvas) => ({
      ...scalesOf(ranges),
      marks: [
        Plot.gridX(decades(...ranges.x), gridStyle(inks)),
        Plot.gridY(decades(...ranges.y), gridStyle(inks)),
        ...axes(ranges, inks),
        ...roof(machine, ranges, canvas),
        ...dotMarks(dots, inks),
        ...roofLabels({dots, machine, ranges}, canvas),
        ...timeLabels({dots, machine, ranges}, canvas),
      ],
    }),
  );
}

function scalesOf({x, y}: Ranges): Record<'x' | 'y', Plot.ScaleOptions> {
  return {x: {type: 'log', domain: x, axis: null}, y: {type: 'log', domain: y, axis: null}};
}

/** Returns the kernels as dots; those without a logarithm, and those that are too slow, are counted instead. */
function dotsOf(
  sides: readonly ChartSide[],
  machine: ChartMachine,
  inks: Inks,
): {dots: Dot[]; kinds: {label: string; colour: string}[]; hidden: number} {
  const all = sides.flatMap(({waterline}, side) => waterline.kernels.map((kernel) => ({kernel, side})));
  const shown = all.flatMap(({kernel, side}) => {
    const {ops, intensity, actualMs: ms} = kernel;
    if (ops === 0 || intensity === null || ms === null || ms === 0) return [];
    const opsPerS = (1000 * ops) / ms;
    return opsPerS < MIN_SHARE * machine.opsPerS ? [] : [{kernel, side, intensity, ms, opsPerS}];
  });
  const times = new Map<string, number>();
  for (const {kernel, ms} of shown) times.set(kernel.name, (times.get(kernel.name) ?? 0) + ms);
  const names = [...times].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const colourOf = (name: string): string => seriesColour(inks, names.indexOf(name));
  const maxMs = Math.max(...shown.map(({ms}) => ms));
  const dots = shown
    .map(({side, ...dot}): Dot => ({
      ...dot,
      symbol: sideSymbol(side),
      colour: colourOf(dot.kernel.name),
      radius: Math.max(MIN_RADIUS, MAX_RADIUS * Math.sqrt(dot.ms / maxMs)),
    }))
    .sort((a, b) => b.ms - a.ms);
  const kinds = names.slice(0, SERIES.length).map((label) => ({label, colour: colourOf(label)}));
  const others = names.length > kinds.length ? [{label: 'others', colour: inks.other}] : [];
  return {dots, kinds: [...kinds, ...others], hidden: all.length - shown.length};
}

function hiddenText(hidden: number): string {
  return `Not shown: ${hidden} kernels that compute next to nothing for the time they take, or whose time is not known.`;
}

function sideKey(sides: readonly ChartSide[], inks: Inks): KeyEntry[] {
  if (sides.length === 1) return [];
  return sides.map(({label}, i) => ({
    label,
    fill: 'none',
    stroke: inks.text,
    symbol: sideSymbol(i),
  }));
}

/** Returns a range that holds the values with some air, for an axis by powers of ten. */
function rangeOf(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 2, Math.max(...values) * 2.5];
}

function axes({x, y}: Ranges, inks: Inks): Plot.Markish[] {
  const style = axisStyle(inks);
  return [
    Plot.axisX(decades(...x), {
      ...style,
      label: 'operational intensity (op/B)',
      labelOffset: 42,
      tickFormat: intensityText,
    }),
    Plot.axisY(decades(...y), {
      ...style,
      label: 'speed (op/s)',
      labelOffset: 58,
      tickFormat: (value: number) => withUnit(value, ''),
    }),
  ];
}

/** The slope of each level up to the peak, and along it: memory's drawn through, those of caches dashed. */
function roof(machine: ChartMachine, ranges: Ranges, {inks}: Canvas): Plot.Markish[] {
  const memory = memoryOf(machine);
  return machine.bytesPerS.map((level) => {
    const {x, y} = entry(level, ranges);
    const points = [
      [x, y],
      [balance(machine, level), machine.opsPerS],
      [level === memory ? ranges.x[1] : balance(machine, memory), machine.opsPerS],
    ];
    return Plot.line(points, {
      stroke: inks.roof,
      strokeWidth: level === memory ? 2 : 1.2,
      strokeDasharray: level === memory ? '' : '5,4',
    });
  });
}

function dotMarks(dots: readonly Dot[], {background}: Inks): Plot.Markish[] {
  return [...new Set(dots.map(({symbol}) => symbol))].map((symbol) =>
    Plot.dot(
      dots.filter((dot) => dot.symbol === symbol),
      {
        x: 'intensity',
        y: 'opsPerS',
        r: {value: 'radius', scale: null},
        symbol,
        fill: {value: 'colour', scale: null},
        fillOpacity: 0.72,
        stroke: background,
        strokeWidth: 0.8,
        title: ({kernel}: Dot) => kernelText(kernel),
      },
    ),
  );
}

/** The name of a level's slope, along it. */
interface SlopeLabel {
  readonly text: string;
  readonly at: Point;
  readonly width: number;
  /** Units: radians. */
  readonly angle: number;
}

/** Names each slope from where it enters the frame. */
function slopeLabels(machine: ChartMachine, ranges: Ranges, canvas: Canvas): SlopeLabel[] {
  const at = pixelOf(scalesOf(ranges), canvas);
  return machine.bytesPerS.map((level) => {
    const text = `${level.level} ${withUnit(level.bytesPerS, 'B/s')}`;
    const start = at(entry(level, ranges));
    const end = at({x: balance(machine, level), y: machine.opsPerS});
    const angle = Math.atan2(end.y - start.y, end.x - start.x);
    const width = textWidth(text, LABEL_SIZE, 'bold');
    const middle = along(start, angle, width / 2 + 14);
    return {text, at: along(middle, angle - Math.PI / 2, 10), width, angle};
  });
}

const along = ({x, y}: Point, angle: number, distance: number): Point => ({
  x: x + distance * Math.cos(angle),
  y: y + distance * Math.sin(angle),
});

/** Boxes around single letters: one around a whole slanting label would take much more room. */
function slopeObstacles({at, width, angle}: SlopeLabel): Box[] {
  const steps = Math.ceil(width / LABEL_SIZE);
  return Array.from({length: steps + 1}, (_, i) => around(along(at, angle, width * (i / steps - 0.5)), LABEL_SIZE / 2));
}

/** Names the slopes, and the peak at the rightmost candidate that no dot covers. */
function roofLabels({dots, machine, ranges}: Roofline, canvas: Canvas): Plot.Markish[] {
  const style = {fill: canvas.inks.roof, fontWeight: 600} as const;
  const end = pixelOf(scalesOf(ranges), canvas)({x: ranges.x[1], y: machine.opsPerS});
  const text = `peak ${withUnit(machine.opsPerS, 'op/s')}`;
  const half = textWidth(text, LABEL_SIZE, 'bold') / 2;
  const candidates = Array.from({length: 20}, (_, i) => ({x: end.x - 4 - half - 20 * i, y: end.y - 10}));
  const label = {text, fontSize: LABEL_SIZE, weight: 'bold', candidates, required: true} as const;
  return [
    ...slopeLabels(machine, ranges, canvas).map(({text, at, angle}) =>
      halo(text, at, canvas, {...style, rotate: (180 * angle) / Math.PI}),
    ),
    ...freeLabels([label], canvas, dotObstacles({dots, ranges}, canvas)).map(({at}) => halo(text, at, canvas, style)),
  ];
}

/** The dots that labels may not cover. */
function dotObstacles({dots, ranges}: Pick<Roofline, 'dots' | 'ranges'>, canvas: Canvas): Box[] {
  const at = pixelOf(scalesOf(ranges), canvas);
  return dots
    .filter(({radius}) => radius > 5)
    .map(({intensity, opsPerS, radius}) => around(at({x: intensity, y: opsPerS}), radius));
}

/** Where a slope comes into the frame: at its left, or from below. */
function entry({bytesPerS}: ChartBandwidth, {x: [left], y: [bottom]}: Ranges): Point {
  const x = Math.max(left, bottom / bytesPerS);
  return {x, y: x * bytesPerS};
}

/** The slowest kernel of each kind has its name and time beside it. */
function timeLabels({dots, machine, ranges}: Roofline, canvas: Canvas): Plot.Markish[] {
  const at = pixelOf(scalesOf(ranges), canvas);
  const centre = (dot: Dot): Point => at({x: dot.intensity, y: dot.opsPerS});
  const slowest = dots.filter((dot, i) => dots.findIndex(({kernel}) => kernel.name === dot.kernel.name) === i);
  const labels = slowest.slice(0, SERIES.length).map((dot): Label & {dot: Dot} => {
    const text = `${dot.kernel.name} ${duration(dot.ms)}`;
    const {x: middle, y: level} = centre(dot);
    const half = textWidth(text, LABEL_SIZE, 'bold') / 2;
    const aside = dot.radius + half + 5;
    const above = dot.radius + 9;
    const beside = [
      {x: middle - aside, y: level},
      {x: middle + aside, y: level},
    ];
    const apart = [above, -above, above + 14, above + 28, above + 42, above + 56].flatMap((down) =>
      [0, -half, half, -half / 2, half / 2].map((along) => ({x: middle + along, y: level + down})),
    );
    const candidates = [apart[0]!, ...beside, ...apart];
    return {text, fontSize: LABEL_SIZE, weight: 'bold', candidates, dot};
  });
  const obstacles = [
    ...dotObstacles({dots, ranges}, canvas),
    ...slopeLabels(machine, ranges, canvas).flatMap(slopeObstacles),
    {left: canvas.left, right: canvas.right, top: canvas.top, bottom: at({x: ranges.x[1], y: machine.opsPerS}).y + 3},
  ];
  return freeLabels(labels, canvas, obstacles).map((label) =>
    halo(label.text, label.at, canvas, {fill: label.dot.colour, fontWeight: 600}),
  );
}
