/** Every state of the page is clean by axe, fits a phone, can be used by keyboard alone, and keeps still where that is asked for. */
import {createRequire} from 'node:module';
import type {Page} from '@playwright/test';
import {ComparePage, QUICK} from './comparePage.ts';
import {expect, test} from './site.ts';

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface AxeResults {
  readonly passes: readonly unknown[];
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly {readonly html: string; readonly failureSummary?: string}[];
  }[];
}

/** Holds the page as it is to axe, in light and dark, at a phone's width and a desk's. */
async function expectAccessible(page: Page, state: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({path: axeSource});
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1440]) {
      await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      await page.setViewportSize({width, height: 900});
      const {passes, violations} = await page.evaluate(async () => {
        const {axe} = globalThis as unknown as {axe: {run(): Promise<AxeResults>}};
        return axe.run();
      });
      expect(passes.length).toBeGreaterThan(5);
      const found = violations.flatMap(({id, nodes}) =>
        nodes.map(({html, failureSummary}) => `${id}: ${html}: ${failureSummary}`),
      );
      expect(found, `${state}, ${colorScheme}, ${width} px`).toEqual([]);
    }
  await page.setViewportSize({width: 360, height: 800});
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(tooWide, `${state}: pixels beyond a width of 360`).toBeLessThanOrEqual(0);
}

test('choosing and settings are clean', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).open({benchmark: 'no-such-model'});
  await expect(compare.notices).toContainText('no-such-model');
  await expectAccessible(page, 'choosing, with a notice');
  await page.getByRole('button', {name: 'ConvFirst, digits'}).click();
  await compare.openSettings();
  await expectAccessible(page, 'settings');
  await page.getByRole('radio', {name: 'WebGPU'}).check();
  await page.getByLabel('Timed runs of each side').fill('none');
  await expectAccessible(page, 'settings, one of them wrong');
});

test('a comparison is clean as it runs, and once cancelled', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
    ...QUICK,
    run: '1000',
  });
  await compare.compare();
  await expect(compare.sameAnswer).toBeVisible();
  await expectAccessible(page, 'running');
  await expect(compare.cancelButton).toBeVisible();
  await compare.cancelButton.click();
  await expectAccessible(page, 'cancelled');
});

test('a result is clean', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convnext-digits', {
    run: '2',
    threads: '1',
  });
  await compare.compare();
  await compare.expectSameAnswer();
  await expect(page.getByRole('region', {name: 'Efficiency gap'})).toBeVisible();
  await expectAccessible(page, 'done');
});

test('a failure is clean', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).open();
  await compare.useUrl(`${sites.isolated.url}/nowhere/model.json`);
  await compare.compare();
  await compare.failureIn(compare.modelSection);
  await expectAccessible(page, 'failed');
});

test('the keyboard alone goes from start to result, and through the network', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).open();
  await expect(compare.chooseHeading).toBeVisible();
  const tabTo = async (name: string | RegExp): Promise<void> => {
    const target = page.getByRole('button', {name});
    for (let tabs = 0; tabs < 60; tabs++) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`Tab must come to the button ${String(name)}, got 60 others`);
  };
  await tabTo('ConvFirst, digits');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', {name: 'ConvFirst, digits'})).toBeFocused();
  await tabTo('Compare stock and fused');
  await page.keyboard.press('Enter');
  await compare.expectSameAnswer();

  const at = page.getByRole('listbox', {name: 'Parts of the network, in order'}).locator(':focus');
  for (let tabs = 0; tabs < 60 && (await at.count()) === 0; tabs++) await page.keyboard.press('Tab');
  await page.keyboard.press('Home');
  await expect(at).toHaveAccessibleName(/^1 of \d+, /);
  await page.keyboard.press('ArrowRight');
  await expect(at).toHaveAccessibleName(/^2 of \d+, /);
  await expect(page.getByText(/part 2 of \d+$/)).toBeVisible();
  await page.keyboard.press('End');
  await expect(at).toHaveAccessibleName(/^(\d+) of \1, /);
  await page.keyboard.press('ArrowLeft');
  await expect(at).not.toHaveAccessibleName(/^(\d+) of \1, /);
});

test('nothing moves where reduced motion is asked for', async ({page, sites}) => {
  /** What takes longer than a millisecond to move, in every element and its pseudo-elements. */
  const moving = (): Promise<string[]> =>
    page.evaluate(() => {
      const longest = (list: string): number =>
        Math.max(...list.split(',').map((time) => parseFloat(time) * (time.trim().endsWith('ms') ? 1 : 1000)));
      return [...document.querySelectorAll('*')].flatMap((element) =>
        [null, '::before', '::after', '::-webkit-progress-value'].flatMap((pseudo) => {
          const style = getComputedStyle(element, pseudo);
          const animated = style.animationName !== 'none' && longest(style.animationDuration) > 1;
          return animated || longest(style.transitionDuration) > 1
            ? [`${element.tagName}.${element.className}${pseudo ?? ''}`]
            : [];
        }),
      );
    });
  await page.emulateMedia({reducedMotion: 'no-preference'});
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
    ...QUICK,
    run: '1000',
  });
  await compare.compare();
  await expect(compare.cancelButton).toBeVisible();
  expect(await moving()).not.toEqual([]);
  await page.emulateMedia({reducedMotion: 'reduce'});
  expect(await moving()).toEqual([]);
  await expect(compare.sameAnswer).toBeVisible();
  await compare.cancelButton.click();
  await expect(compare.runAgain).toBeVisible();
  expect(await moving()).toEqual([]);
});
