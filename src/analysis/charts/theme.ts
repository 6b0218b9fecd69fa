/** Colours of the charts in light and dark: fixed, or left to the reader's system. */

/** 'auto' follows the reader's system, where what shows the file knows media queries; else it is light. */
export type Theme = 'auto' | 'light' | 'dark';
/** All themes. */
export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

const LIGHT = {
  background: '#ffffff',
  text: '#1c2127',
  muted: '#57606a',
  grid: '#dfe3e8',
  water: '#dbeefa',
  waterline: '#0b5c8f',
  memory: '#2f7fbf',
  memoryHatch: '#8fc1e6',
  compute: '#d9730d',
  roof: '#1c2127',
  series0: '#0072b2',
  series1: '#c24e00',
  series2: '#007d5a',
  series3: '#b0518c',
  series4: '#8a6d00',
  series5: '#6450b5',
  series6: '#2b7489',
  other: '#6e7781',
};

/** What is drawn in a colour. */
export type Ink = keyof typeof LIGHT;
export type Inks = Readonly<Record<Ink, string>>;

const DARK: Inks = {
  background: '#14181d',
  text: '#e8ebee',
  muted: '#a0a9b3',
  grid: '#2d343c',
  water: '#12303f',
  waterline: '#7cc8f2',
  memory: '#3f93d6',
  memoryHatch: '#1d5687',
  compute: '#f2994a',
  roof: '#e8ebee',
  series0: '#5ab4ef',
  series1: '#ff9656',
  series2: '#3fc79a',
  series3: '#e58cc2',
  series4: '#dcb944',
  series5: '#ab9cf0',
  series6: '#7fd0e3',
  other: '#98a1ab',
};

/** Colours of series; those that are too many are all in 'other'. */
export const SERIES = ['series0', 'series1', 'series2', 'series3', 'series4', 'series5', 'series6'] as const;

const SYMBOLS = ['circle', 'diamond2', 'triangle', 'star', 'wye', 'square'] as const;

/** Returns the symbol of the side of that number: stock has one, fused another, in every chart. */
export function sideSymbol(side: number): (typeof SYMBOLS)[number] {
  return SYMBOLS[side % SYMBOLS.length]!;
}

/** Returns the colour of the series of that number. */
export function seriesColour(inks: Inks, series: number): string {
  return inks[SERIES[series] ?? 'other'];
}

/** The class of a chart's root; charts of several themes may stand on one page. */
export function chartClass(theme: Theme): string {
  return `block-fusion-chart-${theme}`;
}

/** Returns what to write for each ink: the colour itself, or, for 'auto', the variable that holds it. */
export function inksOf(theme: Theme): Inks {
  if (theme === 'light') return LIGHT;
  if (theme === 'dark') return DARK;
  const names = Object.keys(LIGHT) as Ink[];
  return Object.fromEntries(names.map((ink) => [ink, `var(${variable(ink)}, ${LIGHT[ink]})`])) as Inks;
}

/** Returns the style sheet that gives the variables of 'auto' their colours; empty where colours are fixed. */
export function styleOf(theme: Theme): string {
  if (theme !== 'auto') return '';
  const rule = (inks: Inks): string =>
    `.${chartClass(theme)} {${Object.entries(inks)
      .map(([ink, colour]) => `${variable(ink)}: ${colour};`)
      .join(' ')}}`;
  return `\n${rule(LIGHT)}\n@media (prefers-color-scheme: dark) {${rule(DARK)}}\n`;
}

function variable(ink: string): string {
  return `--block-fusion-${ink}`;
}
