/** What a browser test knows of the page that it runs on (karma.conf.js serves the page and what is on it). */

/** Whether karma served the page cross-origin isolated; environment.test.ts holds the page to it. */
export const PAGE_IS_ISOLATED = karmaConfig().page === 'isolated';

/** Where the fixtures of test/fixtures are. */
export const FIXTURES = '/fixtures/';

/** Where the WebAssembly files of tfjs-backend-wasm are. */
export const TFJS_WASM = '/tfjs-wasm/';

function karmaConfig(): {page: 'isolated' | 'plain'} {
  return (globalThis as unknown as {__karma__: {config: {page: 'isolated' | 'plain'}}}).__karma__.config;
}
