import {type Host, openHost} from '../../../src/cli/host/host.ts';
import {missingForBrowser} from '../../helpers/runCli.ts';

const MODEL = 'test/fixtures/keras-convfirst';
const RATES = {opsPerS: 1e9, bytesPerS: [{level: 'memory', bytes: null, bytesPerS: 1e9, spread: null}]} as const;
const MACHINE = {
  ...{...RATES, backend: 'wasm', simd: null, spread: null, loop: null},
  source: {opsPerS: 'given', bytesPerS: 'given'},
} as const;

/** What it says without times, which are another's on each host. */
async function untimed(host: Host): Promise<object> {
  const told: string[] = [];
  const onProgress = (what: string): void => void told.push(what);
  const {blocksFused, kernels, movedBytes} = await host.compare(MODEL, {runs: 1, onProgress});
  const {ops, stock, fused} = await host.waterline(MODEL, {name: 'a', machine: MACHINE, runs: 1});
  return {told, blocksFused, kernels, movedBytes, ops, calls: [stock, fused].map((side) => side.kernels.length)};
}

const missing = missingForBrowser();
const inChromium = missing === null ? it : it.skip;

describe('a host', () => {
  let node: Host;
  beforeAll(async () => {
    node = await openHost({backend: 'wasm'});
  });

  it('names its engine, and has no browser in Node', () => {
    expect(node).toMatchObject({engine: {backend: 'wasm', threads: 1}, browser: null});
  });

  inChromium(
    `says in Chromium what it says in Node${missing === null ? '' : ` (skipped: no ${missing})`}`,
    async () => {
      const page = await openHost({backend: 'wasm', browser: true});
      try {
        expect(page.browser).toMatch(/^\d+\./);
        expect(await untimed(page)).toEqual(await untimed(node));
        await expect(page.compare(MODEL, {shapes: {image: [1]}})).rejects.toMatchObject({code: 'invalid-option'});
      } finally {
        await page.close();
      }
    },
  );
});
