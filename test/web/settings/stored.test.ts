import {DEFAULTS, type Settings} from '../../../web/src/settings/settings.ts';
import {type Memory, storedSettings, storeSettings} from '../../../web/src/settings/stored.ts';

function memory(): Memory & {readonly kept: Map<string, string>} {
  const kept = new Map<string, string>();
  return {kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value)};
}

test('settings come back as they were kept', () => {
  const own = memory();
  const settings: Settings = {
    ...{backend: 'webgpu', simd: 'simd', threads: 3, precision: 'float16'},
    ...{batch: 4, inputSize: 160, runs: 9, blocks: 'all', analysis: false},
  };
  storeSettings(() => own, settings);
  expect(storedSettings(() => own)).toEqual(settings);
  storeSettings(() => own, {...settings, inputSize: null});
  expect(storedSettings(() => own).inputSize).toBeNull();
});

test('nothing kept, or nonsense, is the defaults', () => {
  const own = memory();
  expect(storedSettings(() => own)).toEqual(DEFAULTS);
  storeSettings(() => own, {...DEFAULTS, runs: 9});
  for (const key of own.kept.keys()) own.kept.set(key, 'run=9&backend=abacus&{');
  expect(storedSettings(() => own)).toEqual({...DEFAULTS, runs: 9});
});

test('a browser that keeps nothing is worked with', () => {
  const refuse = (): Memory => {
    throw new Error('SecurityError');
  };
  expect(storedSettings(refuse)).toEqual(DEFAULTS);
  expect(() => {
    storeSettings(refuse, DEFAULTS);
  }).not.toThrow();
});
