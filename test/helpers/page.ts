/** What a browser test knows of the page that it runs on (karma.conf.js serves the page and what is on it). */

interface PageConfig {
  readonly engine: 'chromium' | 'firefox' | 'webkit';
  readonly page: 'isolated' | 'plain';
}

/** The browser's engine. */
export const ENGINE = karmaConfig().engine;

/** WebKitGTK has none; environment.test.ts holds the engine to it. */
export const HAS_RELAXED_SIMD = ENGINE !== 'webkit';

/** Whether karma served the page cross-origin isolated; environment.test.ts holds the page to it. */
export const PAGE_IS_ISOLATED = karmaConfig().page === 'isolated';

/** Where the fixtures of test/fixtures are. */
export const FIXTURES = '/fixtures/';

/** Where the WebAssembly files of tfjs-backend-wasm are. */
export const TFJS_WASM = '/tfjs/tfjs-backend-wasm/dist/';

/** The scripts that a page without a bundler loads, in this order: tfjs, a backend, and the package as npm publishes it. */
export const SCRIPT_TAGS = [
  '/tfjs/tfjs-core/dist/tf-core.min.js',
  '/tfjs/tfjs-converter/dist/tf-converter.min.js',
  '/tfjs/tfjs-backend-cpu/dist/tf-backend-cpu.min.js',
  '/tfjs/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
  '/dist/index.umd.js',
];

function karmaConfig(): PageConfig {
  return (globalThis as unknown as {__karma__: {config: PageConfig}}).__karma__.config;
}
