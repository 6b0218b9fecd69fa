/** How the compare page looks to those who see less, read on a phone, or use keys: in light and dark; and what its first view weighs. */
import {createRequire} from 'node:module';
import {gzipSync} from 'node:zlib';
import type {Page} from '@playwright/test';
import {ComparePage, QUICK} from './comparePage.ts';
import {expect, test} from './site.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Of the first view, before a backend is chosen. Units: bytes, gzipped. */
const MAX_FIRST_VIEW = 200_000;

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({path: AXE});
  return page.evaluate(async () => {
    const {axe} = globalThis as unknown as {
      axe: {run: () => Promise<{violations: {id: string; nodes: {html: string}[]}[]}>};
    };
    const found = (await axe.run()).violations;
    return found.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`));
  });
}

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [360, 1440])
    test(`axe finds nothing, and nothing is cut off: ${colorScheme}, ${width} px`, async ({page, sites}) => {
      await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      await page.setViewportSize({width, height: 800});
      const fits = (): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      const compare = new ComparePage(page);
      await compare.open(sites.isolated, QUICK);
      expect(await violations(page)).toEqual([]);
      expect(await fits()).toBe(true);
      await compare.button(/^ConvNeXt, digits/).click();
      await page.getByText('Settings', {exact: true}).click();
      expect(await violations(page)).toEqual([]);
      expect(await fits()).toBe(true);
      await compare.run();
      await compare.expectCompared();
      expect(await violations(page)).toEqual([]);
      expect(await fits()).toBe(true);
      await page.goto(`${sites.isolated.url}/index.html?benchmark=custom&modelUrl=nowhere.json`);
      await compare.run();
      await expect(compare.failure()).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

test('the first view is light', async ({page, sites}) => {
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => sizes.push(response.body().then((body) => gzipSync(body).length)));
  await page.goto(`${sites.isolated.url}/index.html`, {waitUntil: 'networkidle'});
  await expect(page.getByText('Drop your model here')).toBeVisible();
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(MAX_FIRST_VIEW);
});

test('keys alone lead from the start to the result, and along the network', async ({page, sites}) => {
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, QUICK);
  const tabTo = async (name: RegExp): Promise<void> => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate(() => document.activeElement?.textContent ?? '');
      if (name.test(text)) return;
    }
    throw new Error(`the Tab key must come to ${String(name)} within 60 presses`);
  };
  await tabTo(/^ConvNeXt, digits/);
  await page.keyboard.press('Enter');
  await tabTo(/^Compare stock and fused/);
  await page.keyboard.press('Enter');
  await compare.expectCompared();
  await expect(page.getByRole('heading', {level: 1})).toBeFocused();
});
