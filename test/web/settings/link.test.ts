import {readLink, readModelUrl, writeLink} from '../../../web/src/settings/link.ts';
import {DEFAULTS, type Settings} from '../../../web/src/settings/settings.ts';

const STORED: Settings = {...DEFAULTS, backend: 'webgpu', runs: 7, inputSize: 192};
const read = (query: string) =>
  readLink(query, {stored: STORED, isShipped: (id) => id === 'mobilenet-v2', base: 'https://a.org/page/index.html'});

describe('readLink', () => {
  it('leaves what was chosen last where the link says nothing', () => {
    expect(read('')).toEqual({model: null, settings: STORED, problems: []});
  });

  it('goes before what was chosen last', () => {
    expect(read('?backend=cpu&run=50').settings).toEqual({...STORED, backend: 'cpu', runs: 50});
  });

  it('takes defaults for what a link with a model leaves out, so that the run is repeated', () => {
    expect(read('?benchmark=mobilenet-v2&run=5')).toEqual({
      model: {kind: 'shipped', id: 'mobilenet-v2'},
      settings: {...DEFAULTS, runs: 5},
      problems: [],
    });
  });

  it('resolves the address of a custom model by the page', () => {
    expect(read('?benchmark=custom&modelUrl=../m/model.json').model).toEqual({
      kind: 'url',
      url: 'https://a.org/m/model.json',
    });
  });

  it.each([
    ['benchmark=nonsense', 'nonsense'],
    ['benchmark=custom', 'modelUrl'],
    ['benchmark=custom&modelUrl=javascript:alert(1)', 'modelUrl'],
    ['backend=webgl', 'one of wasm, webgpu, cpu'],
    ['run=0', 'a whole number from 1 to 1000'],
    ['run=1e2', 'run=1e2'],
    ['batch=-1', 'a whole number from 1 to 256'],
    ['inputSize=big', 'a whole number from 8 to 4096'],
    ['threads=many', 'auto, or a whole number'],
    ['analysis=yes', 'true or false'],
    ['simd=avx', 'one of auto, simd'],
    ['precision=int8', 'float32, float16'],
    ['blocks=none', 'when-faster, all'],
  ])('tells of %s, and takes what is usual', (query, words) => {
    const {model, settings, problems} = read(`?${query}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(model).toBeNull();
    expect(settings).toEqual(query.startsWith('benchmark') ? DEFAULTS : STORED);
  });

  it('shortens what it repeats', () => {
    expect(read(`?run=${'9'.repeat(5000)}`).problems[0]!.length).toBeLessThan(200);
  });
});

describe('writeLink', () => {
  it.each<Partial<Settings>>([
    {},
    {backend: 'wasm', simd: 'simd', threads: 4},
    {backend: 'webgpu', precision: 'float16', batch: 8, inputSize: 96},
    {backend: 'cpu', runs: 3, blocks: 'all', analysis: false},
  ])('makes a link that repeats %j', (changed) => {
    const settings = {...DEFAULTS, ...changed};
    for (const model of [
      {kind: 'shipped', id: 'mobilenet-v2'},
      {kind: 'url', url: 'https://b.org/x/model.json?a=1&b=2'},
    ] as const)
      expect(read(writeLink(model, settings))).toEqual({model, settings, problems: []});
  });

  it("has the names of tfjs's page, and of a backend what it has alone", () => {
    const params = new URLSearchParams(writeLink({kind: 'shipped', id: 'm'}, {...DEFAULTS, inputSize: 224}));
    expect([...params.keys()]).toEqual(
      expect.arrayContaining(['benchmark', 'backend', 'run', 'inputSize', 'batch', 'simd', 'threads']),
    );
    expect(params.has('precision')).toBe(false);
    const ofGpu = new URLSearchParams(writeLink(null, {...DEFAULTS, backend: 'webgpu'}));
    expect([ofGpu.has('benchmark'), ofGpu.has('threads'), ofGpu.has('precision')]).toEqual([false, false, true]);
  });
});

test.each([
  ['', null],
  ['  ', null],
  ['https://', null],
  ['ftp://a.org/model.json', null],
  ['data:application/json,{}', null],
  [' model.json ', 'https://a.org/model.json'],
])('the address %j is %j', (text, url) => {
  expect(readModelUrl(text, 'https://a.org/')).toBe(url);
});
