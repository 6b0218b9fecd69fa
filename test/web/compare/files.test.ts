import {filesModel, pickedFiles} from '../../../web/src/compare/dropped.ts';
import {fileName} from '../../../web/src/compare/saved.ts';
import {bytesText, settingsText} from '../../../web/src/compare/words.ts';
import {DEFAULTS} from '../../../web/src/settings/settings.ts';

const file = (path: string) => ({path, file: new File([], path)});

test.each([
  [['net/model.json', 'net/a.bin'], 'net'],
  [['deep/er/net/a.bin', 'deep/er/net/model.json'], 'net'],
  [['a.bin', 'model.json'], 'model.json'],
  [['a.bin'], 'a.bin'],
  [[], 'no file'],
])('the model of %j is called %j', (paths, name) => {
  expect(filesModel(paths.map(file)).name).toBe(name);
});

test('picked files have the path below their folder, where they have one', () => {
  const inFolder = Object.assign(new File([], 'a.bin'), {webkitRelativePath: 'net/a.bin'});
  expect(pickedFiles([inFolder, new File([], 'b.bin')]).map(({path}) => path)).toEqual(['net/a.bin', 'b.bin']);
});

test.each([
  [['ConvNeXt, digits', 'wasm'], 'convnext-digits-wasm.json'],
  [['../../etc/passwd'], 'etc-passwd.json'],
  [['网络'], 'comparison.json'],
])('%j is saved as %s', (parts, name) => {
  expect(fileName(parts, 'json')).toBe(name);
});

test('sizes and settings are said briefly', () => {
  expect([12, 12_345, 3.4e8, 1.2e9].map(bytesText)).toEqual(['12 B', '12.3 kB', '340 MB', '1.2 GB']);
  expect(settingsText(DEFAULTS)).toBe('batch 1, 20 runs');
  expect(settingsText({...DEFAULTS, threads: 1, runs: 1, inputSize: 96, blocks: 'all'})).toBe(
    '1 thread, batch 1, 96 px, 1 run, all blocks',
  );
});
