/**
 * Builds what npm publishes, from src to dist: ESM and CommonJS with shared chunks, one UMD file for script tags, types for
 * both ways of resolving, and the CLI. tfjs stays outside, so that a page has one copy of it.
 */
import {readFileSync, rmSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {dts} from 'rollup-plugin-dts';
import {default as esbuild, minify} from 'rollup-plugin-esbuild';

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const outside = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
const external = (id) => id.startsWith('node:') || outside.some((name) => id === name || id.startsWith(`${name}/`));

const library = {
  index: 'src/index.ts',
  runtime: 'src/runtime.ts',
  layers: 'src/layers.ts',
  webgpu: 'src/webgpu.ts',
  analysis: 'src/analysis.ts',
};
/** Modules alone: Observable Plot is nothing else. */
const charts = 'src/charts.ts';
const cli = 'src/cli/main.ts';

rmSync(fileURLToPath(new URL('dist', import.meta.url)), {recursive: true, force: true});

/** A warning is a mistake here, such as a cycle or an import that package.json does not declare; tree-shaking's are not. */
function onwarn(warning) {
  if (warning.code !== 'UNUSED_EXTERNAL_IMPORT') throw new Error(warning.message);
}

const typescript = () => [esbuild({target: 'es2022', tsconfig: 'tsconfig.json'}), enumsOneWay];

/** The record's fields are an enum, which AssemblyScript has too. Nobody looks up a field's name by its number: each name once. */
const enumsOneWay = {
  name: 'enums-one-way',
  transform: (code, id) =>
    id.endsWith('ops/wasm/assembly/fields.ts')
      ? {code: code.replaceAll(/(\w+)\[(\1\["\w+"\] = \d+)\] = "\w+";/g, '$2;'), map: null}
      : null,
};

const modules = (extension) => ({
  dir: 'dist',
  entryFileNames: `[name].${extension}`,
  chunkFileNames: `chunks/[name].${extension}`,
  // For the tests, which look where code is from; the files that are published have no comment that names a map.
  sourcemap: 'hidden',
});

const esm = {
  input: {...library, charts, cli},
  external,
  onwarn,
  plugins: [typescript()],
  output: {...modules('mjs'), format: 'es', banner: ({name}) => (name === 'cli' ? '#!/usr/bin/env node' : '')},
};

const cjs = {
  input: library,
  external,
  onwarn,
  plugins: [typescript()],
  output: {...modules('cjs'), format: 'cjs', interop: 'esModule'},
};

/** The scripts of tfjs share one global: core, converter and backends all add themselves to it. */
const TFJS_GLOBALS = {
  '@tensorflow/tfjs-core': 'tf',
  '@tensorflow/tfjs-converter': 'tf',
  '@tensorflow/tfjs-backend-wasm': 'tf.wasm',
};

/** A script for a page without a bundler. */
const script = (input, output) => ({
  input,
  external,
  onwarn,
  plugins: [typescript(), minify()],
  output: {
    interop: 'esModule',
    globals: TFJS_GLOBALS,
    inlineDynamicImports: true,
    ...output,
  },
});

const umd = script(library.index, {file: 'dist/index.umd.js', format: 'umd', name: 'tfBlockFusion'});

/** The CLI's page in the browser (src/cli/host/browser): not for pages of others. */
const cliPage = script('src/cli/host/browser/page.ts', {file: 'dist/cliPage.js', format: 'iife'});

/** Types are flat, a file an entry: TypeScript wants `.d.cts` beside `.d.ts` to know which of them `require` gives. */
const types = Object.entries({...library, charts}).map(([name, input]) => ({
  input,
  external,
  onwarn,
  plugins: [dts({tsconfig: 'tsconfig.json'})],
  output: (name === 'charts' ? ['d.ts'] : ['d.ts', 'd.cts']).map((extension) => ({
    file: `dist/${name}.${extension}`,
    format: 'es',
  })),
}));

export default [esm, cjs, umd, cliPage, ...types];
