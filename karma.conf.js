/**
 * The tests that need a real browser, in one engine on one kind of page. KARMA_ENGINE: chromium, firefox or webkit. KARMA_PAGE:
 * `isolated` (cross-origin isolated: tfjs-wasm takes its threaded build and shared memory) or `plain` (one thread, plain memory).
 */
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {ENGINES} from './engines/engines.ts';
import {launchEngine} from './engines/launch.ts';

const root = dirname(fileURLToPath(import.meta.url));
const BUNDLE = 'build/karma/tests.js';
/** Scripts that tests start as Workers, a file each. */
const WORKERS = 'build/karma/worker';
const TFJS = 'node_modules/@tensorflow';

const ISOLATION = [
  {match: '.*', name: 'Cross-Origin-Opener-Policy', value: 'same-origin'},
  {match: '.*', name: 'Cross-Origin-Embedder-Policy', value: 'require-corp'},
];

/** Bundles setup.ts and every test beside it into one script, so that they share one copy of tfjs. */
async function bundleTests() {
  const folder = join(root, 'test/browser');
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const options = {
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'inline',
    ignoreAnnotations: true, // the package's own `sideEffects: false` would drop the tests
    logLevel: 'warning',
  };
  const contents = ['setup.ts', ...tests].map((name) => `import './${name}';`).join('\n');
  await build({...options, stdin: {contents, resolveDir: folder}, outfile: join(root, BUNDLE)});
  const workers = readdirSync(join(folder, 'worker')).map((name) => join(folder, 'worker', name));
  await build({...options, entryPoints: workers, outdir: join(root, WORKERS)});
}

/** Reports the run's counts as JSON to KARMA_COUNTS, where scripts/test.mjs adds them up. */
function CountsReporter() {
  const counts = {passed: 0, failed: 0, skipped: 0};
  this.onSpecComplete = (_, {success, skipped}) => counts[skipped ? 'skipped' : success ? 'passed' : 'failed']++;
  this.onBrowserError = () => counts.failed++;
  this.onRunComplete = () => {
    const file = process.env.KARMA_COUNTS;
    if (!file) return;
    mkdirSync(dirname(file), {recursive: true});
    writeFileSync(file, JSON.stringify(counts));
  };
}

/** Returns karma's launcher of an engine, for one kind of page. */
function engineLauncher(engine, page) {
  function EngineLauncher(...decorators) {
    decorators.forEach((decorate) => decorate(this));
    let running;
    this.on('start', async (url) => {
      const launched = launchEngine(engine, {url, isolated: page === 'isolated', webgpu: true});
      running = launched;
      const output = await launched.ended;
      if (running !== launched) return;
      console.error(`${ENGINES[engine].title} ended before its tests did:\n${output}`);
      this._done(this.isCaptured() ? 'crashed' : 'cannot start');
    });
    this.on('kill', async (done) => {
      const launched = running;
      running = undefined;
      await launched?.close();
      this._done();
      done();
    });
  }
  EngineLauncher.$inject = ['baseLauncherDecorator', 'captureTimeoutLauncherDecorator'];
  return EngineLauncher;
}

export default async function configure(config) {
  const {KARMA_ENGINE: engine = 'chromium', KARMA_PAGE: page = 'isolated'} = process.env;
  await bundleTests();
  config.set({
    basePath: root,
    frameworks: ['jasmine'],
    plugins: [
      'karma-jasmine',
      {
        'launcher:Engine': ['type', engineLauncher(engine, page)],
        'reporter:counts': ['type', CountsReporter],
      },
    ],
    reporters: ['dots', 'counts'],
    files: [
      {pattern: BUNDLE, watched: false},
      {pattern: `${WORKERS}/*.js`, included: false, watched: false},
      {pattern: 'test/fixtures/*/*.{json,bin}', included: false, watched: false},
      {pattern: `${TFJS}/tfjs-*/dist/*.{wasm,min.js}`, included: false, watched: false},
      {pattern: 'dist/*.umd.js', included: false, watched: false},
    ],
    proxies: {
      '/worker/': `/base/${WORKERS}/`,
      '/fixtures/': '/base/test/fixtures/',
      '/tfjs/': `/base/${TFJS}/`,
      '/dist/': '/base/dist/',
    },
    customHeaders: page === 'isolated' ? ISOLATION : [],
    client: {engine, page, jasmine: {random: false, timeoutInterval: 120_000}},
    customLaunchers: {Page: {base: 'Engine', displayName: `${ENGINES[engine].title}, ${page} page`}},
    browsers: ['Page'],
    captureTimeout: 120_000,
    browserNoActivityTimeout: 180_000,
    singleRun: true,
    autoWatch: false,
  });
}
