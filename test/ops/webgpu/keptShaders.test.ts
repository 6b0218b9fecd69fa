/** The shaders of docs/shaders are those that run. */
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {keptShaders} from '../../../bench/gpu/keptShaders.ts';

const shaders = [...keptShaders()];

it('are of every kernel', () => {
  expect(shaders.map(([path]) => basename(path, '.wgsl')).sort()).toEqual([
    'conv-first',
    'expand-first',
    'gates',
    'pointwise',
    'spatial',
  ]);
});

it.each(shaders)('%s is what the kernel runs: else `npm run docs:shaders`', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});
