/** The tests of the built page (build/web) in Chromium, as it is installed here; `npm run test:web` builds first. */
import {defineConfig} from '@playwright/test';
import {sandboxFlags, webgpuFlags} from './src/cli/host/browser/chromiumFlags.ts';
import {findChromium} from './src/cli/host/browser/findChromium.ts';

const {PAGE_RESULTS} = process.env;

export default defineConfig({
  testDir: 'test/page',
  outputDir: 'build/page/traces',
  // Times and long tasks are judged here: one page at a time has the machine.
  workers: 1,
  forbidOnly: true,
  // So long since machines of CI differ by three in speed: a wait ends as soon as there is what it waits for.
  timeout: 300_000,
  expect: {timeout: 60_000},
  reporter: [['list'], ...(PAGE_RESULTS === undefined ? [] : [['json', {outputFile: PAGE_RESULTS}] as const])],
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions: {executablePath: findChromium()!, args: [...sandboxFlags(), ...webgpuFlags()]},
  },
});
