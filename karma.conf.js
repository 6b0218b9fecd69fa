/**
 * The tests that need a real browser, in headless Chromium. They run on two kinds of page, chosen by KARMA_PAGE: `isolated`
 * (cross-origin isolated: tfjs-wasm takes its threaded build and shared memory) and `plain` (one thread, plain memory).
 */
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {webgpuFlags} from './src/cli/host/browser/chromiumFlags.ts';
import {findChromium} from './src/cli/host/browser/findChromium.ts';

const root = dirname(fileURLToPath(import.meta.url));
const BUNDLE = 'build/karma/tests.js';
const TFJS = 'node_modules/@tensorflow';

const ISOLATION = [
  {match: '.*', name: 'Cross-Origin-Opener-Policy', value: 'same-origin'},
  {match: '.*', name: 'Cross-Origin-Embedder-Policy', value: 'require-corp'},
];

const CHROMIUM_FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-dev-shm-usage',
  ...webgpuFlags(),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-extensions',
  '--disable-sync',
];

/** Bundles setup.ts and every test beside it into one script, so that they share one copy of tfjs. */
async function bundleTests() {
  const folder = join(root, 'test/browser');
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  await build({
    stdin: {contents: ['setup.ts', ...tests].map((name) => `import './${name}';`).join('\n'), resolveDir: folder},
    outfile: join(root, BUNDLE),
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'inline',
    ignoreAnnotations: true, // the package's own `sideEffects: false` would drop the tests
    logLevel: 'warning',
  });
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

export default async function configure(config) {
  const page = process.env.KARMA_PAGE ?? 'isolated';
  process.env.CHROME_BIN ??= findChromium();
  await bundleTests();
  config.set({
    basePath: root,
    frameworks: ['jasmine'],
    plugins: ['karma-jasmine', 'karma-chrome-launcher', {'reporter:counts': ['type', CountsReporter]}],
    reporters: ['dots', 'counts'],
    files: [
      {pattern: BUNDLE, watched: false},
      {pattern: 'test/fixtures/*/*.{json,bin}', included: false, watched: false},
      {pattern: `${TFJS}/tfjs-*/dist/*.{wasm,min.js}`, included: false, watched: false},
      {pattern: 'dist/*.umd.js', included: false, watched: false},
    ],
    proxies: {'/fixtures/': '/base/test/fixtures/', '/tfjs/': `/base/${TFJS}/`, '/dist/': '/base/dist/'},
    customHeaders: page === 'isolated' ? ISOLATION : [],
    client: {page, jasmine: {random: false, timeoutInterval: 120_000}},
    customLaunchers: {Chromium: {base: 'ChromeHeadless', displayName: `Chromium, ${page} page`, flags: CHROMIUM_FLAGS}},
    browsers: ['Chromium'],
    captureTimeout: 120_000,
    browserNoActivityTimeout: 180_000,
    singleRun: true,
    autoWatch: false,
  });
}
