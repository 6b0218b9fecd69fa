/**
 * Takes a picture of each state of the built page, light and dark, on a phone and a wide screen: docs/screenshots.
 * `npm run docs:screenshots`, after `npm run web:build`.
 */
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium, type Page} from '@playwright/test';
import {sandboxFlags, webgpuFlags} from '../../src/cli/host/browser/chromiumFlags.ts';
import {findChromium} from '../../src/cli/host/browser/findChromium.ts';
import {serve} from '../../src/cli/host/browser/server.ts';
import {ComparePage} from './comparePage.ts';
import {builtPage} from './site.ts';

const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));

const WIDTHS = {phone: {width: 390, height: 844}, wide: {width: 1280, height: 900}} as const;

/** What brings the page into each state, one after the other on the same page. */
const STATES: Readonly<Record<string, (compare: ComparePage) => Promise<void>>> = {
  choose: async (compare) => {
    await compare.open({});
    await compare.chooseHeading.waitFor();
  },
  settings: async (compare) => {
    await compare.openModel('convnext-tiny', {run: '20'});
    await compare.openSettings();
  },
  failed: async (compare) => {
    await compare.open({});
    await compare.useUrl('nowhere/model.json');
    await compare.compare();
    await compare.failureIn(compare.modelSection);
  },
  running: async (compare) => {
    await compare.openModel('convnext-tiny', {run: '1000'});
    await compare.compare();
    await compare.page.getByText(/^Fused: 2\d of 1000$/).waitFor({timeout: 120_000});
  },
  done: async (compare) => {
    await compare.openModel('convnext-tiny', {run: '20'});
    await compare.compare();
    await compare.expectSameAnswer();
    await compare.page.getByRole('region', {name: 'Efficiency gap'}).waitFor();
  },
  digits: async ({page, url}) => {
    await page.goto(`${url}/digits.html`);
    await page.getByRole('button', {name: 'Sample of 7'}).click();
    await page.getByText('Stock and fused agree.').waitFor({state: 'attached'});
    await page.locator('[data-memory]').waitFor({state: 'attached'});
  },
};

mkdirSync(FOLDER, {recursive: true});
const site = await serve(builtPage(), {isolated: true});
const browser = await chromium.launch({executablePath: findChromium()!, args: [...sandboxFlags(), ...webgpuFlags()]});
try {
  const page = await browser.newPage({locale: 'en-GB', reducedMotion: 'reduce'});
  const compare = new ComparePage(page, site.url);
  for (const [width, size] of Object.entries(WIDTHS))
    for (const [state, enter] of Object.entries(STATES)) {
      await page.setViewportSize(size);
      await enter(compare);
      if (state === 'done' && width === 'wide') await takeScreen(page);
      await takePictures(page, `${state}-${width}`);
    }
} finally {
  await browser.close();
  await site.close();
}

/** What the README shows: as much of a result as a screen does. */
async function takeScreen(page: Page): Promise<void> {
  await page.emulateMedia({colorScheme: 'light', reducedMotion: 'reduce'});
  await page.screenshot({path: join(FOLDER, 'result.png'), animations: 'disabled'});
}

/** The whole page, light and dark. */
async function takePictures(page: Page, name: string): Promise<void> {
  const {width, height: screen} = page.viewportSize()!;
  // What is below the window is laid out only when it comes into view.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({width, height: Math.max(screen, height)});
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
    const path = join(FOLDER, `${name}-${colorScheme}.png`);
    await page.screenshot({path, fullPage: true, animations: 'disabled'});
    console.log(path);
  }
}
