/** What all charts share: title, key, notes, colours, and how Plot's marks become an SVG file. */
import * as Plot from '@observablehq/plot';
import {linesOf, type Point, shortened, textWidth} from './labels.ts';
import {element, SvgDocument, type SvgElement, svgFile} from './svgDocument.ts';
import {chartClass, type Inks, inksOf, styleOf, type Theme} from './theme.ts';

/** How a chart is drawn. */
export interface ChartOptions {
  /** Default: says what the chart shows. */
  readonly title?: string;
  /** Default 'auto'. */
  readonly theme?: Theme;
  /** Units: pixels. Its height follows from what it shows. */
  readonly width?: number;
}

/** The options that every chart has. */
export const CHART_OPTIONS: readonly (keyof ChartOptions)[] = ['title', 'theme', 'width'];

/** An entry of the key under the title. */
export interface KeyEntry {
  readonly label: string;
  readonly fill: string;
  readonly stroke?: string;
  /** Default: a square. */
  readonly symbol?: Plot.SymbolName;
}

export interface Margins {
  readonly left: number;
  readonly right: number;
  /** Above the frame, under the key. */
  readonly top: number;
  readonly bottom: number;
}

export interface Figure {
  readonly title: string;
  /** A line or more on how to read it; broken where they are too long. */
  readonly subtitle: readonly string[];
  readonly key: readonly KeyEntry[];
  /** Columns of lines below; broken where they are too long. */
  readonly notes: readonly (readonly string[])[];
  /** Its content in words, for screen readers. */
  readonly description: string;
  readonly theme: Theme;
  readonly width: number;
  /** Of the frame: what the axes span. Units: pixels. */
  readonly frameHeight: number;
  readonly margins: Margins;
}

/** The frame in pixels, and what is written in which colour. */
export interface Canvas {
  readonly inks: Inks;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type Marks = Pick<Plot.PlotOptions, 'marks' | 'x' | 'y' | 'r' | 'symbol'>;

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
export const EDGE = 16;
/** Between columns of notes. */
const COLUMN_GAP = 16;
const TITLE = {size: 17, line: 26};
const BODY = {size: 12, line: 18};
const KEY_LINE = 22;
/** Left of an entry's label, and between entries. */
const KEY_SYMBOL = 18;
const KEY_GAP = 18;

/** Returns the SVG file of the figure, with the marks that `draw` gives for its canvas. */
export function svgOf(asked: Figure, draw: (canvas: Canvas) => Marks): string {
  const figure = withLinesThatFit(asked);
  const {theme, width, margins, frameHeight} = figure;
  const key = keyLines(figure);
  const header = EDGE + TITLE.line + BODY.line * figure.subtitle.length + KEY_LINE * key.length;
  const top = header + margins.top;
  const bottom = top + frameHeight;
  const height = bottom + margins.bottom + BODY.line * Math.max(0, ...figure.notes.map(({length}) => length)) + EDGE;
  const inks = inksOf(theme);
  const canvas = {inks, left: margins.left, right: width - margins.right, top, bottom};
  const {marks = [], ...scales} = draw(canvas);

  const document = new SvgDocument();
  const svg = Plot.plot({
    // Plot calls no more of a document than this one has.
    document: document as unknown as Document,
    className: chartClass(theme),
    ariaDescription: figure.description,
    width,
    height,
    marginTop: top,
    marginLeft: margins.left,
    marginRight: margins.right,
    marginBottom: height - bottom,
    ...scales,
    marks: [
      backdrop(document, width, height, inks),
      ...marks,
      ...textLines(figure, canvas, bottom + margins.bottom),
      ...keyMarks(key, {...canvas, header}),
    ],
  }) as unknown as SvgElement;
  return svgFile(finished(svg, asked, document));
}

/** Returns a mark of elements that Plot has no mark for. */
export function drawn(nodes: (document: SvgDocument) => SvgElement): Plot.RenderFunction {
  return (_index, _scales, _values, _dimensions, {document}) =>
    nodes(document as unknown as SvgDocument) as unknown as globalThis.SVGElement;
}

/** Returns the mark of a path that is not filled, in pixels. */
export function line(d: string, stroke: string, strokeWidth = 1): Plot.RenderFunction {
  return drawn((document) => element(document, 'path', {d, fill: 'none', stroke, 'stroke-width': strokeWidth}));
}

/** Returns the mark of a text with its middle at pixels. */
export function words(text: string, x: number, y: number, canvas: Canvas, style: Plot.TextOptions = {}): Plot.Markish {
  return Plot.text([text], {
    text: (itself: string) => itself,
    lineAnchor: 'middle',
    textAnchor: 'middle',
    fontSize: 11,
    fill: canvas.inks.text,
    ...atPixel(canvas, x, y),
    ...style,
  });
}

/** Returns words that stay legible on what lies under them. */
export function halo(text: string, {x, y}: Point, canvas: Canvas, style: Plot.TextOptions = {}): Plot.Markish {
  return words(text, x, y, canvas, {stroke: canvas.inks.background, strokeWidth: 4, ...style});
}

/** Returns options that put a text or dot at pixels, whatever the scales. */
export function atPixel(
  {left, top}: Pick<Canvas, 'left' | 'top'>,
  x: number,
  y: number,
): {
  frameAnchor: 'top-left';
  dx: number;
  dy: number;
} {
  return {frameAnchor: 'top-left', dx: x - left, dy: y - top};
}

/** Returns the fill of what is memory-bound: hatched, for readers who do not see colours. Needs the mark `hatch`. */
export function hatched(theme: Theme): string {
  return `url(#${chartClass(theme)}-hatch)`;
}

/** Returns the mark that defines the pattern of `hatched`. */
export function hatch(theme: Theme): Plot.RenderFunction {
  const {memory, memoryHatch} = inksOf(theme);
  const size = {width: 6, height: 6};
  return drawn((document) =>
    element(document, 'defs', {}, [
      element(
        document,
        'pattern',
        {id: `${chartClass(theme)}-hatch`, ...size, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)'},
        [
          element(document, 'rect', {...size, fill: memory}),
          element(document, 'rect', {width: 2, height: 6, fill: memoryHatch}),
        ],
      ),
    ]),
  );
}

function backdrop(document: SvgDocument, width: number, height: number, {background}: Inks): Plot.RenderFunction {
  return drawn(() => element(document, 'rect', {width, height, fill: background}));
}

function withLinesThatFit(figure: Figure): Figure {
  const {title, subtitle, key, notes, width} = figure;
  const room = width - 2 * EDGE;
  const columnRoom = room / notes.length - (notes.length > 1 ? COLUMN_GAP : 0);
  return {
    ...figure,
    title: shortened(title, room, TITLE.size, 'bold'),
    subtitle: subtitle.flatMap((text) => linesOf(text, room, BODY.size)),
    key: key.map((entry) => ({...entry, label: shortened(entry.label, room - KEY_SYMBOL, BODY.size)})),
    notes: notes.map((column) => column.flatMap((text) => linesOf(text, columnRoom, BODY.size))),
  };
}

function textLines({title, subtitle, notes, width}: Figure, canvas: Canvas, notesTop: number): Plot.Markish[] {
  const start = {textAnchor: 'start', lineAnchor: 'top'} as const;
  const body = {...start, fontSize: BODY.size, fill: canvas.inks.muted};
  const columnWidth = (width - 2 * EDGE) / notes.length;
  return [
    words(title, EDGE, EDGE, canvas, {...start, fontSize: TITLE.size, fontWeight: 600}),
    ...subtitle.map((text, i) => words(text, EDGE, EDGE + TITLE.line + BODY.line * i, canvas, body)),
    ...notes.flatMap((column, i) =>
      column.map((text, j) => words(text, EDGE + i * columnWidth, notesTop + BODY.line * j, canvas, body)),
    ),
  ];
}

/** Breaks the key into lines as wide as the chart. */
function keyLines({key, width}: Figure): {entry: KeyEntry; x: number}[][] {
  const lines: {entry: KeyEntry; x: number}[][] = [];
  let line: {entry: KeyEntry; x: number}[] = [];
  let x = Infinity;
  for (const entry of key) {
    const entryWidth = KEY_SYMBOL + textWidth(entry.label, BODY.size) + KEY_GAP;
    if (x + entryWidth > width) {
      line = [];
      lines.push(line);
      x = EDGE;
    }
    line.push({entry, x});
    x += entryWidth;
  }
  return lines;
}

function keyMarks(lines: ReturnType<typeof keyLines>, canvas: Canvas & {header: number}): Plot.Markish[] {
  return lines.flatMap((line, i) => {
    const y = canvas.header - KEY_LINE * (lines.length - i) + KEY_LINE / 2;
    return line.flatMap(({entry, x}) => [
      Plot.dot([0], {
        symbol: entry.symbol ?? 'square',
        r: 5.5,
        fill: entry.fill,
        stroke: entry.stroke ?? 'none',
        ...atPixel(canvas, x + 6, y),
      }),
      words(entry.label, x + KEY_SYMBOL, y, canvas, {textAnchor: 'start', fontSize: BODY.size}),
    ]);
  });
}

/** Gives Plot's root what a file of its own needs: font, colours, a name. */
function finished(svg: SvgElement, {title, theme, description}: Figure, document: SvgDocument): SvgElement {
  const named = (name: string, text: string): SvgElement => {
    const made = element(document, name, {});
    made.textContent = text;
    return made;
  };
  svg.setAttribute('font-family', FONT);
  svg.setAttribute('color', inksOf(theme).text);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  svg.removeAttribute('aria-description');
  const [style] = svg.children;
  const first = [named('title', title), named('desc', description), named('style', styleOf(theme))];
  for (const made of first.filter(({textContent}) => textContent !== '')) svg.insertBefore(made, style ?? null);
  return svg;
}
