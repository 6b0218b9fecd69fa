/**
 * What npm publishes, used as its users use it: packed, unpacked into a node_modules of its own, then bundled by real bundlers,
 * run in Node, and type-checked. Needs `npm run build`. test/browser/umd.test.ts has the script tag.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {build, type BuildOptions, type Metafile, transform} from 'esbuild';
import {rollup} from 'rollup';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const FIXTURE = join(ROOT, 'test/fixtures/keras-convnext-depthwise/model.json');
const FIXTURE_BLOCKS = 4;

/** What a WebAssembly module begins with, in hex. */
const WASM_MAGIC = '0061736d';
/** Folders of the sources that a page with ready-fused models has no use for. */
const REWRITER = ['src/graph/', 'src/parts/', 'src/blocks/', 'src/rewrite/'];

/** A user's project, with the packed package in its node_modules. */
let project: string;
let installed: string;
let packed: string[];
let tarballBytes: number;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'block-fusion-user-'));
  installed = join(project, 'node_modules/tfjs-block-fusion');
  const report = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: ROOT,
  });
  const [tarball] = JSON.parse(report.toString()) as [{filename: string; size: number; files: {path: string}[]}];
  tarballBytes = tarball.size;
  packed = tarball.files.map(({path}) => path);
  mkdirSync(installed, {recursive: true});
  execFileSync('tar', ['-xzf', join(project, tarball.filename), '--strip-components=1', '-C', installed]);
  for (const dependency of ['@observablehq', '@tensorflow', '@types', 'commander', 'ora'])
    symlinkSync(join(ROOT, 'node_modules', dependency), join(project, 'node_modules', dependency));
});

afterAll(() => {
  rmSync(project, {recursive: true, force: true});
});

function write(name: string, text: string): string {
  const file = join(project, name);
  writeFileSync(file, text);
  return file;
}

/** Bundles a page's script for browsers, minified. tfjs is left outside but where `options` say else. */
async function bundle(page: string, options: BuildOptions = {}): Promise<{text: string; metafile: Metafile}> {
  const {outputFiles, metafile} = await build({
    entryPoints: [write('page.js', page)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
    external: ['@tensorflow/*', '@observablehq/plot'],
    ...options,
  });
  return {text: outputFiles![0]!.text, metafile: metafile!};
}

/** Bundles all of an entry in chunks. Returns the sources of what a page loads first, and of all. */
async function sourcesInChunks(entry: string): Promise<{first: string[]; all: string[]}> {
  const page = `import * as fusion from '${entry}'; globalThis.fusion = fusion;`;
  const {inputs, outputs} = (await bundle(page, {splitting: true, outdir: project})).metafile;
  const reached = new Set(Object.keys(outputs).filter((name) => outputs[name]!.entryPoint?.endsWith('page.js')));
  for (const name of reached)
    for (const {path, kind, external} of outputs[name]!.imports)
      if (kind === 'import-statement' && external !== true) reached.add(path);
  const first = [...reached].flatMap((name) => Object.keys(outputs[name]!.inputs));
  return {first: sourcesOf(first), all: sourcesOf(Object.keys(inputs))};
}

describe('bundling', () => {
  it('an import alone adds nothing to a page (esbuild)', async () => {
    const {text} = await bundle(
      `import 'tfjs-block-fusion'; import 'tfjs-block-fusion/runtime'; import 'tfjs-block-fusion/layers'; import 'tfjs-block-fusion/webgpu'; import 'tfjs-block-fusion/analysis'; import 'tfjs-block-fusion/charts';`,
    );
    expect(text.trim()).toBe('');
  });

  it('an import alone adds nothing but the imports of tfjs to a page (rollup)', async () => {
    const text = await rollupBundle(
      `import 'tfjs-block-fusion'; import 'tfjs-block-fusion/runtime'; import 'tfjs-block-fusion/layers'; import 'tfjs-block-fusion/webgpu'; import 'tfjs-block-fusion/analysis';`,
    );
    expect(text.replaceAll(/^import '@tensorflow\/[\w-]+';$/gm, '').trim()).toBe('');
  });

  it.each([
    ['esbuild', async (page: string) => (await bundle(page)).text],
    ['rollup', rollupBundle],
  ])('loadFusedGraphModel brings the kernels along (%s)', async (_, bundler) => {
    const text = await bundler(
      `import {loadFusedGraphModel} from 'tfjs-block-fusion'; globalThis.load = loadFusedGraphModel;`,
    );
    expect(text).toContain(WASM_MAGIC);
    expect(text).toContain('FusedResidualBlock');
  });

  it('the runtime subpath has the kernels and none of the rewriter', async () => {
    const page = (path: string): string => `import * as fusion from '${path}'; globalThis.fusion = fusion;`;
    const whole = await bundle(page('tfjs-block-fusion'));
    const runtime = await bundle(page('tfjs-block-fusion/runtime'));
    for (const folder of REWRITER) {
      expect(sourcesOf(Object.keys(whole.metafile.inputs)).filter((source) => source.includes(folder))).not.toEqual([]);
      expect(sourcesOf(Object.keys(runtime.metafile.inputs)).filter((source) => source.includes(folder))).toEqual([]);
    }
    expect(runtime.text).toContain(WASM_MAGIC);
    expect(runtime.text.length).toBeLessThan(whole.text.length);
  });

  it('the webgpu backend of tfjs comes with the webgpu subpath alone, when it is called for', async () => {
    const importsOf = async (path: string): Promise<string[]> => {
      const {metafile} = await bundle(`import * as fusion from '${path}'; globalThis.fusion = fusion;`);
      const [output] = Object.values(metafile.outputs);
      return output!.imports.map(({path: imported, kind}) => `${kind} of ${imported}`);
    };
    const backend = expect.stringContaining('tfjs-backend-webgpu') as string;
    expect(await importsOf('tfjs-block-fusion')).not.toContainEqual(backend);
    expect(await importsOf('tfjs-block-fusion/runtime')).not.toContainEqual(backend);
    expect((await importsOf('tfjs-block-fusion/webgpu')).filter((found) => found.includes('webgpu'))).toEqual([
      'dynamic-import of @tensorflow/tfjs-backend-webgpu',
    ]);
  });

  it.each(['tfjs-block-fusion', 'tfjs-block-fusion/runtime'])(
    'the planner and the shaders of webgpu are in a later chunk of %s',
    async (path) => {
      const planner = (sources: readonly string[]): string[] =>
        sources.filter((source) => /ops\/webgpu\/(planner|wgsl|provenPlans)/.test(source));
      const {first, all} = await sourcesInChunks(path);
      expect(planner(all)).not.toEqual([]);
      expect(planner(first)).toEqual([]);
    },
  );

  it('Observable Plot and the charts come with the charts subpath alone, and nothing of tfjs with them', async () => {
    const page = async (path: string): Promise<{imports: string[]; charts: string[]}> => {
      const {metafile} = await bundle(`import * as fusion from '${path}'; globalThis.fusion = fusion;`);
      const [output] = Object.values(metafile.outputs);
      return {
        imports: output!.imports.map(({path: imported}) => imported),
        charts: sourcesOf(Object.keys(metafile.inputs)).filter((source) => source.includes('src/analysis/charts/')),
      };
    };
    for (const path of ['tfjs-block-fusion', 'tfjs-block-fusion/runtime', 'tfjs-block-fusion/webgpu']) {
      const {imports, charts} = await page(path);
      expect(imports).not.toContain('@observablehq/plot');
      expect(charts).toEqual([]);
    }
    const {imports, charts} = await page('tfjs-block-fusion/charts');
    expect(imports).toEqual(['@observablehq/plot']);
    expect(charts).not.toEqual([]);
  });

  it('analysis and comparisons come with the analysis subpath alone', async () => {
    const analysisOf = async (path: string): Promise<string[]> => {
      const {metafile} = await bundle(`import * as fusion from '${path}'; globalThis.fusion = fusion;`);
      const all = sourcesOf(Object.keys(metafile.inputs)).map((source) => source.replace(/^.*src\//, ''));
      return all.filter((source) => /^(analysis|compare)\//.test(source));
    };
    for (const path of ['tfjs-block-fusion', 'tfjs-block-fusion/runtime', 'tfjs-block-fusion/webgpu'])
      expect(await analysisOf(path)).toEqual([]);
    expect(await analysisOf('tfjs-block-fusion/analysis')).toEqual(
      expect.arrayContaining(['analysis/trace.ts', 'analysis/machine/machine.ts', 'analysis/cost/kernelCost.ts']),
    );
  });

  it('LayersModels are read by the layers subpath alone, which needs no tfjs-layers', async () => {
    const page = async (path: string): Promise<{imports: string[]; layers: string[]}> => {
      const {metafile} = await bundle(`import * as fusion from '${path}'; globalThis.fusion = fusion;`);
      const [output] = Object.values(metafile.outputs);
      return {
        imports: output!.imports.map(({path: imported}) => imported),
        layers: sourcesOf(Object.keys(metafile.inputs)).filter((source) => source.includes('src/layers/')),
      };
    };
    for (const path of ['tfjs-block-fusion', 'tfjs-block-fusion/runtime', 'tfjs-block-fusion/analysis'])
      expect((await page(path)).layers).toEqual([]);
    const {imports, layers} = await page('tfjs-block-fusion/layers');
    expect(layers).not.toEqual([]);
    expect(imports).not.toContain('@tensorflow/tfjs-layers');
  });

  it('a page with tfjs bundled in needs nothing of Node', async () => {
    const page = `import '@tensorflow/tfjs-backend-wasm'; import * as fusion from 'tfjs-block-fusion'; globalThis.fusion = fusion;`;
    const {metafile} = await bundle(page, {external: []});
    const [output] = Object.values(metafile.outputs);
    expect(output!.imports).toEqual([]);
  });

  // What it was on one thread, and 4 KiB for threads, 8 for the parts of blocks that few have; and 10 to read LayersModels.
  it.each([
    ['tfjs-block-fusion', 'loadFusedGraphModel', 49_833 + 4096 + 8192],
    ['tfjs-block-fusion/runtime', 'registerBlockFusion', 20_565 + 4096 + 6144],
    ['tfjs-block-fusion/layers', 'loadFusedLayersModel', 49_833 + 4096 + 8192 + 10_240],
  ])('%s adds so much to what a page loads first, minified and compressed', async (path, name, most) => {
    const first = await rollupBundle(`import {${name} as f} from '${path}'; globalThis.f = f;`, {chunks: true});
    const {code} = await transform(first, {minify: true, format: 'esm'});
    expect(gzipSync(code).length).toBeLessThanOrEqual(most);
  });
});

/**
 * Bundles with rollup, which shakes by statement; takes the package as its package.json says, and leaves the rest outside. Returns all
 * in one file, or, in chunks, the page's own.
 */
async function rollupBundle(page: string, {chunks = false}: {chunks?: boolean} = {}): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, {import: {default: string}}>;
    sideEffects: boolean;
  };
  const entries = new Map(
    ['.', './runtime', './layers', './webgpu', './analysis'].map((path) => [
      join('tfjs-block-fusion', path),
      join(installed, manifest.exports[path]!.import.default),
    ]),
  );
  const shaken = await rollup({
    input: write('page.mjs', page),
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !entries.has(id),
    plugins: [{name: 'package', resolveId: (id) => entries.get(id) ?? null}],
    treeshake: {moduleSideEffects: (id) => manifest.sideEffects || !id.startsWith(installed)},
    onwarn: () => undefined,
  });
  const {output} = await shaken.generate({format: 'es', inlineDynamicImports: !chunks});
  return output[0].code;
}

/** The source files behind what a bundle took of the package, by the source maps of these files, which are not published. */
function sourcesOf(files: readonly string[]): string[] {
  return files
    .filter((file) => file.includes('tfjs-block-fusion/dist/'))
    .map((file) => join(ROOT, 'dist', `${file.split('/dist/')[1]!}.map`))
    .flatMap((map) => (JSON.parse(readFileSync(map, 'utf8')) as {sources: string[]}).sources);
}

describe('in Node', () => {
  const useIt = `
    await tf.setBackend('wasm');
    const model = await fusion.loadFusedGraphModel(${JSON.stringify(FIXTURE)}, {blocks: 'all'});
    const y = model.predict(tf.zeros([1, 40, 40, 3]));
    console.log(JSON.stringify({
      names: Object.keys(fusion).sort(),
      blocks: model.fusionReport.blocks.length,
      kernel: tf.getKernel('FusedResidualBlock', 'wasm') !== undefined,
      finite: (await y.data()).every(Number.isFinite),
    }));`;

  function run(name: string, text: string): {names: string[]; blocks: number; kernel: boolean; finite: boolean} {
    const output = execFileSync(process.execPath, [write(name, text)], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(output.toString()) as ReturnType<typeof run>;
  }

  const esm = (): ReturnType<typeof run> =>
    run(
      'esm.mjs',
      `import '@tensorflow/tfjs-backend-wasm';
       import * as tf from '@tensorflow/tfjs-core';
       import * as fusion from 'tfjs-block-fusion';
       ${useIt}`,
    );

  const cjs = (): ReturnType<typeof run> =>
    run(
      'cjs.cjs',
      `require('@tensorflow/tfjs-backend-wasm');
       const tf = require('@tensorflow/tfjs-core');
       const fusion = require('tfjs-block-fusion');
       (async () => {${useIt}})();`,
    );

  it.each([
    ['ES module', esm],
    ['CommonJS module', cjs],
  ])('the %s fuses a model from a path and runs it', (_, use) => {
    expect(use()).toMatchObject({blocks: FIXTURE_BLOCKS, kernel: true, finite: true});
  });

  it('a path opens in jest as it comes, which refuses import()', () => {
    write(
      'load.test.js',
      `require('@tensorflow/tfjs-backend-wasm');
       const tf = require('@tensorflow/tfjs-core');
       const fusion = require('tfjs-block-fusion');
       test('loads', async () => {
         await tf.setBackend('wasm');
         const model = await fusion.loadFusedGraphModel(${JSON.stringify(FIXTURE)}, {blocks: 'all'});
         expect(model.fusionReport.blocks).toHaveLength(${FIXTURE_BLOCKS});
       });`,
    );
    write('package.json', '{}');
    const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
    const {status, stderr} = spawnSync(process.execPath, [jest, '--rootDir', project, '--testEnvironment', 'node'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect({status, stderr}).toEqual({status: 0, stderr: expect.stringContaining('1 passed') as string});
  });

  const canRequireModules = (process as {features?: {require_module?: boolean}}).features?.require_module === true;
  (canRequireModules ? it : it.skip)('require() gives the charts, on engines that can require a module', () => {
    const text = `console.log(JSON.stringify({names: Object.keys(require('tfjs-block-fusion/charts'))}));`;
    expect(run('charts.cjs', text).names).toContain('waterlineChart');
  });

  it('an import alone registers nothing', () => {
    const text = `
      import '@tensorflow/tfjs-backend-wasm';
      import * as tf from '@tensorflow/tfjs-core';
      import 'tfjs-block-fusion';
      import 'tfjs-block-fusion/runtime';
      import 'tfjs-block-fusion/layers';
      console.log(JSON.stringify({kernel: tf.getKernel('FusedResidualBlock', 'wasm') !== undefined}));`;
    expect(run('import.mjs', text)).toEqual({kernel: false});
  });

  it.each([
    ['ES module', 'webgpu.mjs', `const {createFusedWebGPUBackend} = await import('tfjs-block-fusion/webgpu');`],
    ['CommonJS module', 'webgpu.cjs', `const {createFusedWebGPUBackend} = require('tfjs-block-fusion/webgpu');`],
  ])('the %s of the webgpu subpath brings tfjs’s backend, and says what is missing', (_, name, load) => {
    const text = `(async () => {
      ${load}
      const error = await createFusedWebGPUBackend().catch((cause) => cause);
      console.log(JSON.stringify({code: error.code, message: error.message}));
    })();`;
    expect(run(name, text)).toMatchObject({
      code: 'unsupported-device',
      message: expect.stringContaining('there must be WebGPU (navigator.gpu), got none') as string,
    });
  });

  it.each([
    ['ES module', 'analysis.mjs', `const {modelWaterline} = await import('tfjs-block-fusion/analysis');`],
    ['CommonJS module', 'analysis.cjs', `const {modelWaterline} = require('tfjs-block-fusion/analysis');`],
  ])('the %s of the analysis subpath says where a model’s time goes', (_, name, load) => {
    const text = `(async () => {
      ${load}
      await import('@tensorflow/tfjs-backend-cpu');
      const tf = {...(await import('@tensorflow/tfjs-core')), ...(await import('@tensorflow/tfjs-converter'))};
      await tf.setBackend('cpu');
      const {readFileSync} = await import('node:fs');
      const {modelTopology, signature, weightsManifest} = JSON.parse(readFileSync(${JSON.stringify(FIXTURE)}, 'utf8'));
      const [{weights: weightSpecs, paths: [shard]}] = weightsManifest;
      const weightData = new Uint8Array(readFileSync(${JSON.stringify(dirname(FIXTURE))} + '/' + shard)).buffer;
      const model = tf.io.fromMemory({modelTopology, signature, weightSpecs, weightData});
      const machine = {opsPerS: 1e9, bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 1e9}]};
      const {stock, fused} = await modelWaterline(model, {tf, name: 'a model', machine, runs: 1, fuse: {blocks: 'all'}});
      console.log(JSON.stringify({stock: stock.kernels.length, fused: fused.blocks.length}));
    })();`;
    const found = run(name, text) as unknown as {stock: number; fused: number};
    expect(found.fused).toBe(FIXTURE_BLOCKS);
    expect(found.stock).toBeGreaterThan(FIXTURE_BLOCKS);
  });

  it('the charts subpath draws, without a browser', () => {
    const text = `
      import {efficiencyGapChart} from 'tfjs-block-fusion/charts';
      const gaps = [{name: 'a model', accuracy: null, idealMs: 1, actualMs: 4, efficiency: 0.25}];
      console.log(JSON.stringify({svg: efficiencyGapChart(gaps)}));`;
    expect(run('charts.mjs', text)).toEqual({svg: expect.stringMatching(/^<svg.*a model.*25%.*<\/svg>\n$/s) as string});
  });

  it('both export the same names, the public ones among them', () => {
    const {names} = esm();
    expect(cjs().names).toEqual(names);
    expect(names).toEqual(
      expect.arrayContaining([
        'fuseModelArtifacts',
        'fusedIOHandler',
        'fusedResidualBlock',
        'loadFusedGraphModel',
        'packParams',
        'registerBlockFusion',
        'unpackParams',
        'warmup',
      ]),
    );
  });

  it('the CLI starts', () => {
    const cli = join(installed, 'dist/cli.mjs');
    expect(readFileSync(cli, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(execFileSync(process.execPath, [cli, '--help']).toString()).toContain('inspect');
  });
});

describe('the package', () => {
  it('says where it lives', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
    const {url} = manifest['repository'] as {url: string};
    const home = url.replace(/^git\+|\.git$/g, '');
    expect(manifest).toMatchObject({homepage: `${home}#readme`, bugs: {url: `${home}/issues`}});
  });

  it('has the builds with types, and neither maps nor sources nor tests', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        ...['index', 'runtime', 'layers', 'webgpu', 'analysis'].flatMap((entry) =>
          ['mjs', 'cjs', 'd.ts', 'd.cts'].map((extension) => `dist/${entry}.${extension}`),
        ),
        ...[
          'dist/charts.mjs',
          'dist/charts.d.ts',
          'dist/index.umd.js',
          'dist/cli.mjs',
          'dist/cliPage.js',
          'LICENSE',
          'README.md',
          'package.json',
        ],
      ]),
    );
    const published =
      /^(dist\/|docs\/|models\/export\/|(LICENSE|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|package\.json)$)/;
    expect(packed.filter((file) => !published.test(file) || file.endsWith('.map'))).toEqual([]);
  });

  it('is small, and runs nothing when it is installed', () => {
    expect(tarballBytes).toBeLessThan(800_000);
    const {scripts} = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {scripts: object};
    const hooks = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
    expect(Object.keys(scripts).filter((name) => hooks.includes(name))).toEqual([]);
  });

  it('names no file in `exports`, `main` and the like that it lacks', () => {
    const {exports, bin, ...fields} = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const entries = ['main', 'module', 'types', 'unpkg', 'jsdelivr'].map((field) => fields[field]);
    expect(leaves([exports, bin, entries]).filter((file) => !packed.includes(file.replace('./', '')))).toEqual([]);
  });

  it('requires no Node builtin in what a page may load', () => {
    const page = new Set(
      ['index.mjs', 'runtime.mjs', 'layers.mjs', 'webgpu.mjs', 'analysis.mjs', 'charts.mjs', 'index.umd.js'].flatMap(
        (entry) => [...reachedFrom(entry)],
      ),
    );
    expect(page.size).toBeGreaterThan(3);
    for (const file of page) expect(readFileSync(file, 'utf8')).not.toMatch(/(from|import|require\()\s*['"]node:/);
  });

  it.each([
    ['user.mts', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['user.cts', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['user.ts', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])('has types for %s', (name, module, moduleResolution) => {
    const file = write(
      name,
      `import {loadFusedGraphModel, type FusionReport} from 'tfjs-block-fusion';
       import {registerBlockFusion} from 'tfjs-block-fusion/runtime';
       import {type FusedGraphModel, loadFusedLayersModel} from 'tfjs-block-fusion/layers';
       import {createFusedWebGPUBackend, type FusedWebGPU} from 'tfjs-block-fusion/webgpu';
       import * as converter from '@tensorflow/tfjs-converter';
       import * as core from '@tensorflow/tfjs-core';
       import {efficiencyGap, type EfficiencyGap, measureMachine, modelWaterline, type BlockPrediction, predictBlock} from 'tfjs-block-fusion/analysis';
       const tf = {...core, ...converter};
       export const gap = async () => {
         const machine = await measureMachine();
         return (await modelWaterline(tf.io.http('model.json'), {name: 'model', machine})).gap;
       };
       export const predicted = async (block: Parameters<typeof predictBlock>[0]): Promise<BlockPrediction> =>
         predictBlock(block, await measureMachine());
       registerBlockFusion();
       export const keras: Promise<FusedGraphModel> = loadFusedLayersModel('model.json', {blocks: 'all'});
       export const gaps: EfficiencyGap[] = efficiencyGap([{name: 'a', ops: 1, actualMs: 1}], {opsPerS: 1});
       export const gpu: Promise<FusedWebGPU> = createFusedWebGPUBackend({precision: 'float16'});
       export const report: Promise<FusionReport> = loadFusedGraphModel('model.json').then((model) => model.fusionReport);
       export const wrong: Promise<string> = loadFusedGraphModel('model.json').then((model) => model.fusionReport);`,
    );
    const options = {
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
      target: ts.ScriptTarget.ES2022,
    };
    const errors = ts.getPreEmitDiagnostics(ts.createProgram([file], options));
    const lines = errors.map((error) => error.file?.getLineAndCharacterOfPosition(error.start!).line);
    expect(lines).toEqual([19]);
  });
});

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Object.values(value as object).flatMap(leaves);
}

/** The files of dist that loading `entry` loads too, or may load later. */
function reachedFrom(entry: string): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/['"](\.{1,2}\/[^'"]+\.mjs)['"]/g))
      visit(join(dirname(file), path!));
  };
  visit(join(installed, 'dist', entry));
  return reached;
}
