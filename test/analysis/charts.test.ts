/**
 * The charts: what stands where, and their pictures, kept in the folder beside. A picture that came out otherwise is saved there
 * as `…-changed.svg`: look at it, and if it is as it should be, let it take the old one's name.
 */
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {efficiencyGap} from '../../src/analysis/efficiencyGap.ts';
import {freeLabels, linesOf, shortened, spacedOut, textWidth} from '../../src/analysis/charts/labels.ts';
import {decades, duration, percent, withUnit} from '../../src/analysis/charts/units.ts';
import type {Trace} from '../../src/analysis/trace.ts';
import {waterline} from '../../src/analysis/waterline.ts';
import type {MachineRates} from '../../src/analysis/bounds.ts';
import {
  type ChartGap,
  type ChartSide,
  efficiencyGapChart,
  rooflineChart,
  samplesChart,
  type Theme,
  waterlineChart,
} from '../../src/charts.ts';
import {FUSED, GAPS, MACHINE, type Row, SAMPLES, sideOf, stock} from '../helpers/chartSamples.ts';

/** Each model stock, and fused in less time. */
const BOTH_SIDES = GAPS.flatMap((gap) => [
  {...gap, side: 'stock'},
  {...gap, side: 'fused', actualMs: 0.8 * gap.actualMs, efficiency: gap.efficiency / 0.8},
]);
const UNKNOWN_ACCURACY = GAPS.map((gap) => ({...gap, accuracy: null}));

let warn: jest.SpyInstance;
beforeEach(() => {
  warn = jest.spyOn(console, 'warn').mockImplementation();
});
afterEach(() => {
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

describe('pictures', () => {
  it.each([
    ['waterline-light', () => waterlineChart([stock(), FUSED], MACHINE, {theme: 'light'})],
    ['waterline-linear-dark', () => waterlineChart([stock(), FUSED], MACHINE, {theme: 'dark', height: 'linear'})],
    ['roofline-auto', () => rooflineChart([stock(), FUSED], MACHINE)],
    ['efficiency-gap-light', () => efficiencyGapChart(GAPS, {theme: 'light', opsPerS: MACHINE.opsPerS})],
    ['efficiency-gap-sides-dark', () => efficiencyGapChart(BOTH_SIDES, {theme: 'dark'})],
    ['samples-dark', () => samplesChart(SAMPLES, {theme: 'dark'})],
    ['samples-narrow-light', () => samplesChart(SAMPLES, {theme: 'light', width: 360})],
    ['efficiency-gap-names-dark', () => efficiencyGapChart(UNKNOWN_ACCURACY, {theme: 'dark'})],
  ])('%s', (name, draw) => {
    const kept = join(__dirname, 'charts', `${name}.svg`);
    const changed = join(__dirname, 'charts', `${name}-changed.svg`);
    const svg = draw();
    const before = existsSync(kept) ? readFileSync(kept, 'utf8') : '';
    if (coarse(svg) === coarse(before)) rmSync(changed, {force: true});
    else writeFileSync(changed, svg);
    // A whole picture in a terminal helps nobody.
    expect(coarse(svg) === coarse(before) ? 'as before' : `see ${changed}`).toBe('as before');
  });
});

describe('every chart', () => {
  const charts: [string, (theme: Theme) => string][] = [
    ['waterline', (theme) => waterlineChart([stock(), FUSED], MACHINE, {theme})],
    ['roofline', (theme) => rooflineChart([stock(), FUSED], MACHINE, {theme})],
    ['efficiency gap', (theme) => efficiencyGapChart(GAPS, {theme})],
    ['samples', (theme) => samplesChart(SAMPLES, {theme})],
  ];

  it.each(charts)('%s is well-formed SVG that stands alone', (_, draw) => {
    for (const theme of ['auto', 'light', 'dark'] as const) {
      const svg = draw(theme);
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(openTags(svg)).toEqual([]);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it.each(charts)('%s has colours of its own, or the reader’s', (_, draw) => {
    expect(draw('light')).not.toMatch(/var\(--block-fusion|prefers-color-scheme/);
    expect(draw('dark')).toContain('fill="#14181d"');
    const auto = draw('auto');
    expect(auto).toContain('@media (prefers-color-scheme: dark)');
    const used = new Set([...auto.matchAll(/var\((--block-fusion-\w+),/g)].map(([, name]) => name!));
    expect(used.size).toBeGreaterThan(4);
    for (const name of used) expect(auto.split(`${name}: #`)).toHaveLength(3);
  });
});

describe('the waterline chart', () => {
  it('gives each kernel that moves bytes a bar, as wide as its bytes, on one scale in both panels', () => {
    const sides = [stock(), FUSED];
    const drawn = bars(waterlineChart(sides, MACHINE, {theme: 'light'}));
    const kernels = sides.flatMap(({waterline}) => waterline.kernels).filter(({bytes}) => bytes > 0);
    expect(drawn).toHaveLength(kernels.length);
    const width = (title: string): number => drawn.find((bar) => bar.title.startsWith(title))!.width;
    // A hair of half a pixel lies between bars.
    expect((width('FusedResidualBlock') + 0.5) / (width('Erf') + 0.5)).toBeCloseTo(2.4 / 4.8, 2);
    expect((width('BatchMatMul') + 0.5) / (width('Erf') + 0.5)).toBeCloseTo(3.6 / 4.8, 2);
  });

  it('goes by powers of ten upwards, or by area', () => {
    const heights = (height: 'log' | 'linear'): number[] => {
      const drawn = bars(waterlineChart([stock()], MACHINE, {theme: 'light', height}));
      return ['Erf', 'FusedDepthwiseConv2D', 'BatchMatMul'].map(
        (name) => drawn.find(({title}) => title.startsWith(name))!.height,
      );
    };
    const [erf, depthwise, product] = [0.6 / 4.8, 14.8 / 1.24, 231 / 3.6];
    const [low, middle, high] = heights('log') as [number, number, number];
    expect((high - middle) / (middle - low)).toBeCloseTo(Math.log(product / depthwise) / Math.log(depthwise / erf), 2);
    const [flat, , cut] = heights('linear') as [number, number, number];
    expect(cut).toBe(330);
    expect(cut / flat).toBeCloseTo((5 * 6) / erf, -1);
  });

  it('hatches what is memory-bound', () => {
    const svg = waterlineChart([stock()], MACHINE, {theme: 'light'});
    expect(svg).toContain('<pattern id="block-fusion-chart-light-hatch"');
    const hatchedBars = /<g aria-label="rect" fill="url\(#block-fusion-chart-light-hatch\)">.*?<\/g>/s.exec(svg)![0];
    expect(hatchedBars).toContain('Erf');
    expect(hatchedBars).not.toContain('BatchMatMul');
  });

  it('lists the slowest kernels, and what it cannot show', () => {
    const text = words(waterlineChart([stock()], MACHINE));
    expect(text).toContain('1  BatchMatMul 784×768: 9 ms, attainable in 3.85 ms');
    expect(text).toContain('not shown, since their cost is not known: 2 TopKV2');
  });

  it('says over a panel how efficient the model is, by its products alone, as its gap does', () => {
    const {label, waterline} = stock();
    const {total, wallMs} = waterline;
    expect(2 * total.macs).toBeLessThan(total.ops);
    const [gap] = efficiencyGap([{name: label, ops: 2 * total.macs, actualMs: wallMs!}], MACHINE);
    const measured = (side: ChartSide): string[] =>
      words(waterlineChart([side], MACHINE)).filter((line) => line.startsWith('measured'));
    expect(measured({label, waterline})).toEqual([
      `measured ${duration(wallMs!)}, ${percent(gap!.efficiency)} efficient`,
    ]);
    const without = {...waterline, total: {...total, macs: 0}};
    expect(measured({label, waterline: without})).toEqual([`measured ${duration(wallMs!)}`]);
  });

  it('marks a part of a model as such', () => {
    const part = {...FUSED, waterline: {...FUSED.waterline, failure: 'out of memory'}};
    expect(words(waterlineChart([part], MACHINE))).toContain('only a part ran: out of memory');
  });

  it('holds thousands of kernels', () => {
    const svg = waterlineChart([stock(200), FUSED], MACHINE);
    expect(bars(svg)).toHaveLength(2003);
    expect(svg.length).toBeLessThan(600_000);
  });
});

describe('the chart of samples', () => {
  /** Marks with what they say, in the order of the sides; hollow ones after the others of their side. */
  const marks = (svg: string): {title: string; hollow: boolean}[] =>
    [...svg.matchAll(/<g aria-label="dot"([^>]*)>(.*?)<\/g>/gs)].flatMap(([, style, inside]) =>
      [...inside!.matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => ({
        ...{title: title!, hollow: style!.includes('stroke=')},
      })),
    );

  it('has a mark for every sample, hollow where it took too long for the frame, and says so', () => {
    const svg = samplesChart(SAMPLES, {theme: 'light'});
    const drawn = marks(svg);
    expect(drawn).toHaveLength(15);
    expect(drawn.filter(({hollow}) => hollow)).toEqual([{title: 'fused, sample 4: 120 ms', hollow: true}]);
    expect(drawn.map(({title}) => title)).toContain('stock, sample 2: 32 ms');
    expect(words(svg)).toContain('Hollow, at the edge: samples that took longer: 1 of fused, up to 120 ms.');
    expect(words(samplesChart([SAMPLES[0]!])).join()).not.toContain('Hollow');
  });

  it('says each median, and how much faster each side is than the first', () => {
    const text = words(samplesChart(SAMPLES));
    expect(text).toEqual(expect.arrayContaining(['30.5 ms', '10.1 ms', '20.1 ms']));
    expect(text).toContain('fused: 3.02 times as fast as stock.');
    expect(text).toContain('fused, 1 thread: 1.52 times as fast as stock.');
  });

  it('puts a time where its share of the largest tick is', () => {
    const svg = samplesChart(
      [
        {label: 'a', ms: [10]},
        {label: 'b', ms: [20]},
        {label: 'c', ms: [30]},
      ],
      {theme: 'light'},
    );
    const medians = [...svg.matchAll(/<g aria-label="rule"[^>]*stroke-width="2.5"[^>]*><line x1="([\d.]+)"/g)].map(
      ([, x]) => Number(x),
    );
    const zero = Number(/<g aria-label="x-grid"[^>]*><line x1="([\d.]+)"/.exec(svg)![1]);
    expect(medians).toHaveLength(3);
    const [first, second, third] = medians.map((x) => x - zero) as [number, number, number];
    expect(second / first).toBeCloseTo(2, 2);
    expect(third / first).toBeCloseTo(3, 2);
  });

  it('draws times below the resolution of the clock, and refuses sides without samples', () => {
    expect(
      samplesChart([
        {label: 'a', ms: [0, 0]},
        {label: 'b', ms: [0]},
      ]),
    ).not.toMatch(/NaN|Infinity/);
    expect(() => samplesChart([])).toThrow('samplesChart: the sides must hold one or more');
    expect(() => samplesChart([{label: 'a', ms: []}])).toThrow('samplesChart: the samples of a must hold one or more');
  });
});

describe('the roofline chart', () => {
  it('counts what it leaves out', () => {
    expect(words(rooflineChart([stock()], MACHINE))).toContain(
      'Not shown: 4 kernels that compute next to nothing for the time they take, or whose time is not known.',
    );
  });

  it('names the peak where no dot is', () => {
    const peakOf = (rows: Row[]): {left: number; right: number} =>
      placedWords(rooflineChart([sideOf('a', rows, [])], MACHINE)).find(({text}) => text.startsWith('peak'))!;
    const slow: Row = ['Add', [8], 100, 1, 9];
    const atPeak: Row = ['MatMul', [8], 3000, 1, 55];
    expect(peakOf([slow]).right).toBeGreaterThan(920);
    const [, x, r] = /<circle cx="([\d.]+)"[^>]* r="([\d.]+)"[^>]*><title>MatMul/
      .exec(rooflineChart([sideOf('a', [slow, atPeak], [])], MACHINE))!
      .map(Number) as [number, number, number];
    expect(peakOf([slow, atPeak]).right).toBeLessThan(x - r);
  });

  it('puts a kernel at its speed and intensity', () => {
    const rows: Row[] = [1, 10, 100].map((megaOps) => ['MatMul', [8], megaOps, 1, 5]);
    const svg = rooflineChart([sideOf('a', rows, [])], MACHINE);
    const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"[^>]*><title>/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    const [first, second, third] = dots as [[number, number], [number, number], [number, number]];
    expect(dots).toHaveLength(3);
    // Ten times the ops in the same time, of the same bytes: a decade to the right, a decade up.
    expect(third[0] - second[0]).toBeCloseTo(second[0] - first[0], 1);
    expect(first[1] - second[1]).toBeCloseTo(second[1] - third[1], 1);
    expect(second[0]).toBeGreaterThan(first[0]);
    expect(second[1]).toBeLessThan(first[1]);
  });
});

describe('the efficiency gap chart', () => {
  /** Where the names of models stand. Units: pixels. */
  const heights = (svg: string): number[] =>
    [...svg.matchAll(/translate\([\d.]+,([\d.]+)\)"><text[^>]*>Conv[^<]* [\d.]+%/g)].map(([, y]) => Number(y));

  it('names every model, however close they lie', () => {
    const crowd = [...GAPS, ...GAPS.map((gap) => ({...gap, name: `${gap.name} again`}))];
    const svg = efficiencyGapChart(crowd);
    for (const {name} of GAPS) expect(words(svg).filter((line) => line.startsWith(`${name} again `))).toHaveLength(1);
    const sorted = heights(svg).sort((a, b) => a - b);
    expect(sorted).toHaveLength(crowd.length);
    for (const [i, y] of sorted.slice(1).entries()) expect(y - sorted[i]!).toBeGreaterThan(14.9);
  });

  it('says that lines were moved apart where one was', () => {
    const note = (gaps: readonly ChartGap[]): boolean =>
      words(efficiencyGapChart(gaps)).some((line) => line.includes('moved apart'));
    const [small, medium] = GAPS as [ChartGap, ChartGap];
    expect(note([small, medium])).toBe(false);
    expect(note([small, medium, {...small, name: 'another', accuracy: 0.952}])).toBe(true);
  });

  it('gives a model one line, with all the ways in which it was run', () => {
    const text = words(efficiencyGapChart(BOTH_SIDES));
    expect(text).toContain('ConvNeXt S 20.7% → 25.8%');
    expect(text.filter((line) => line.startsWith('ConvNeXt S'))).toHaveLength(1);
    expect(text).toEqual(expect.arrayContaining(['stock', 'fused', 'ConvFirst', 'ConvNeXt']));
    expect(text).not.toContain('actual');
  });

  it('names a model beyond its line, also where it is faster than its ideal', () => {
    const svg = efficiencyGapChart([{...GAPS[0]!, actualMs: 1.5, efficiency: 1.4}]);
    const {left} = placedWords(svg).find(({text}) => text === 'ConvFirst S 140%')!;
    const dots = [...svg.matchAll(/<circle cx="([\d.]+)"[^>]*><title>/g)].map(([, x]) => Number(x));
    expect(dots).toHaveLength(2);
    expect(left).toBeGreaterThan(Math.max(...dots));
  });

  it('writes a number at every line of latency', () => {
    const text = words(efficiencyGapChart(GAPS));
    for (const ms of [2, 5, 10, 20, 50]) expect(text).toContain(String(ms));
  });

  it('gives models of unknown accuracy a row each', () => {
    const text = words(efficiencyGapChart(UNKNOWN_ACCURACY));
    expect(text).toEqual(expect.arrayContaining(GAPS.map(({name}) => name)));
    expect(text).not.toContain('accuracy');
  });
});

it('draws what the analysis finds', () => {
  const machine: MachineRates = {opsPerS: 60e9, bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 10e9}]};
  const trace: Trace = {backend: 'wasm', clock: 'wall', runs: 1, kernels: [], wallMs: 3, failure: 'it broke off'};
  const side = {label: 'a trace', waterline: waterline(trace, machine)};
  for (const svg of [waterlineChart([side], machine), rooflineChart([side], machine)])
    expect(words(svg).some((line) => line.includes('it broke off'))).toBe(true);
  const gaps = efficiencyGap([{name: 'a model', ops: 6e9, actualMs: 400}], machine);
  expect(words(efficiencyGapChart(gaps))).toContain('25%');
});

describe('odd input', () => {
  it('is drawn where times are not known, and nothing moves', () => {
    const untimed = sideOf('untimed', [['Add', [4], 1, 12, null]], []);
    const empty = sideOf('empty', [['Reshape', [4], 0, 0, 0]], []);
    for (const svg of [waterlineChart([untimed, empty], MACHINE), rooflineChart([untimed, empty], MACHINE)])
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const text = words(waterlineChart([untimed, empty], MACHINE)).join();
    expect(text).not.toContain('slowest');
    expect(text).not.toContain('untimed:,');
  });

  it('is escaped', () => {
    const svg = waterlineChart([{...FUSED, label: `a < b & "c"`}], MACHINE);
    expect(openTags(svg)).toEqual([]);
    expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
  });

  it('is refused where there is nothing to draw', () => {
    for (const draw of [
      () => waterlineChart([], MACHINE),
      () => rooflineChart([FUSED], {...MACHINE, bytesPerS: []}),
      () => efficiencyGapChart([]),
    ])
      expect(draw).toThrow(expect.objectContaining({code: 'invalid-option'}) as Error);
  });
});

describe('long names', () => {
  const long = 'a-model-whose-name-somebody-made-of-all-that-is-known-of-it-'.repeat(3);
  const failure = 'what a backend says of a conv that it has no kernel for '.repeat(4);
  const uncounted = Array.from({length: 20}, (_, i) => ({name: `CustomOp${i}`, calls: 2}));
  const named = (side: ChartSide): ChartSide => ({
    label: `${side.label}-${long}`,
    waterline: {...side.waterline, failure, uncounted},
  });
  const sides = [named(stock()), named(FUSED), named(stock())];
  const gaps = BOTH_SIDES.map((gap) => ({...gap, name: `${gap.name}-${long}`, family: long}));

  it.each([
    ['waterline', (width: number) => waterlineChart(sides, MACHINE, {width})],
    ['roofline', (width: number) => rooflineChart(sides, MACHINE, {width})],
    ['efficiency gap', (width: number) => efficiencyGapChart(gaps, {width})],
    [
      'rows',
      (width: number) =>
        efficiencyGapChart(
          gaps.map((gap) => ({...gap, accuracy: null})),
          {width},
        ),
    ],
  ])('stay inside the %s', (_, draw) => {
    for (const width of [640, 1000])
      for (const {text, left, right} of placedWords(draw(width)))
        expect({text, left: left >= 0, right: right <= width}).toEqual({text, left: true, right: true});
  });

  it('end before the next panel', () => {
    const heads = placedWords(waterlineChart(sides, MACHINE)).filter(({text}) => /^(stock|fused)-a.*…/.test(text));
    const [first, second, third] = heads;
    expect(first!.right).toBeLessThan(second!.left);
    expect(second!.right).toBeLessThan(third!.left);
  });

  it('leave lines room', () => {
    const xs = (svg: string): number[] => [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    const drawn = xs(efficiencyGapChart(gaps, {width: 640}));
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(150);
  });
});

describe('labels', () => {
  const frame = {left: 0, right: 200, top: 0, bottom: 100};
  const label = {
    text: 'label',
    fontSize: 10,
    candidates: [
      {x: 50, y: 50},
      {x: 50, y: 70},
    ],
  };

  it('take the first candidate that is free, or are left out', () => {
    expect(freeLabels([label, label, label], frame, []).map(({at}) => at.y)).toEqual([50, 70]);
    expect(freeLabels([label], {...frame, right: 55}, [])).toEqual([]);
    expect(freeLabels([{...label, required: true}], {...frame, right: 55}, []).map(({at}) => at.y)).toEqual([50]);
  });

  it('are shortened in the middle', () => {
    expect(shortened('short', 100, 10)).toBe('short');
    const short = shortened('a-name-that-is-too-long', 60, 10);
    expect(short).toMatch(/^a-n.*….*ong$/);
    expect(textWidth(short, 10)).toBeLessThanOrEqual(60);
    expect(textWidth(short, 10, 'bold')).toBeGreaterThan(60);
  });

  it('are broken at spaces', () => {
    expect(linesOf('1  one two three', 1000, 10)).toEqual(['1  one two three']);
    expect(linesOf('one two incomprehensibilities', 50, 10)).toEqual(['one two', expect.stringMatching(/^inc.*…/)]);
  });

  it('are moved apart no more than need be', () => {
    expect(spacedOut([10, 50, 12], 10, {left: 0, right: 100})).toEqual([10, 50, 20]);
    expect(spacedOut([98, 99], 10, {left: 0, right: 100})).toEqual([90, 100]);
  });
});

it('writes numbers in three digits, with units', () => {
  expect([0, 0.5, 9.6e9, 1e6, 999.9e3].map((value) => withUnit(value, 'B'))).toEqual([
    '0 B',
    '0.5 B',
    '9.6 GB',
    '1 MB',
    '1 MB',
  ]);
  expect([0, 0.0123, 20.63, 12345].map(duration)).toEqual(['0 ms', '12.3 µs', '20.6 ms', '12.3 s']);
  expect(percent(0.14749)).toBe('14.7%');
  expect(decades(0.05, 100)).toEqual([0.1, 1, 10, 100]);
});

/** Numbers to tenths: engines differ in the last digits. */
function coarse(svg: string): string {
  return svg.replace(/-?\d+\.\d+/g, (number) => String(Math.round(Number(number) * 10) / 10));
}

/** Bars of a waterline, with their titles. */
function bars(svg: string): {width: number; height: number; title: string}[] {
  return [...svg.matchAll(/<rect [^>]*?width="([\d.]+)" height="([\d.]+)"><title>([^<]*)<\/title>/g)].map(
    ([, width, height, title]) => ({width: Number(width), height: Number(height), title: title!}),
  );
}

/** All that is written. */
function words(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text!);
}

/** Level words, and from where to where they are written. Units: pixels. */
function placedWords(svg: string): {text: string; left: number; right: number}[] {
  const groups = svg.matchAll(/<g aria-label="(?:text|y-axis tick label)"([^>]*)>(.*?)<\/g>/gs);
  return [...groups].flatMap(([, style, inside]) => {
    const shift = Number(/translate\(([-\d.]+),/.exec(style!)![1]);
    const fontSize = Number(/font-size="([\d.]+)"/.exec(style!)?.[1] ?? 10);
    const weight = style!.includes('font-weight') ? 'bold' : 'regular';
    const anchor = /text-anchor="(\w+)"/.exec(style!)?.[1] ?? 'middle';
    return [...inside!.matchAll(/<text[^>]*translate\(([-\d.]+),[-\d.]+\)">([^<]*)/g)].map(([, x, text]) => {
      const width = textWidth(text!, fontSize, weight);
      const left = Number(x) + shift - {start: 0, middle: 0.5, end: 1}[anchor]! * width;
      return {text: text!, left, right: left + width};
    });
  });
}

/** Tags that are not closed, or closed and not open. */
function openTags(svg: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of svg.matchAll(/<(\/?)([\w:]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (close === '/') expect(open.pop()).toBe(name);
    else if (self === '') open.push(name!);
  }
  expect(svg.split('<')).toHaveLength([...svg.matchAll(/<\/?[\w:]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g)].length + 1);
  return open;
}
