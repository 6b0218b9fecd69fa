/** The digits page: drawn on by a pointer and by keys, given samples, left, and plain where something is missing. */
import {createRequire} from 'node:module';
import type {Page} from '@playwright/test';
import {seededRandom} from '../helpers/random.ts';
import {FORMS, write} from '../web/digits/handwriting.ts';
import {expect, test} from './site.ts';

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const environment = (page: Page) => page.locator('[data-environment]');
const answers = (page: Page) => page.locator('.answers td');
const pad = (page: Page) => page.getByRole('application', {name: 'Drawing pad'});

async function open(page: Page, {url}: {url: string}): Promise<void> {
  await page.goto(`${url}/digits.html`);
  await expect(environment(page)).toContainText('WebAssembly with');
}

/** Returns how often the pointer moved. */
async function draw(page: Page, digit: number, random: () => number): Promise<number> {
  let moves = 0;
  const {x: left, y: top, width} = (await pad(page).boundingBox())!;
  for (const stroke of write(digit, 0, {random, padSize: width})) {
    await page.mouse.move(left + stroke[0]!.x, top + stroke[0]!.y);
    await page.mouse.down();
    for (const {x, y} of stroke) await page.mouse.move(left + x, top + y);
    await page.mouse.up();
    moves += stroke.length;
  }
  return moves;
}

/** Sends the same events in one go: eighty drawings take too long otherwise. */
async function drawAtOnce(page: Page, digit: number, random: () => number): Promise<void> {
  const strokes = write(digit, 0, {random, padSize: 1});
  await pad(page).evaluate((canvas: HTMLCanvasElement, lines) => {
    canvas.setPointerCapture = () => undefined;
    const {left, top, width} = canvas.getBoundingClientRect();
    const send = (type: string, {x, y}: {x: number; y: number}): void => {
      const at = {clientX: left + x * width, clientY: top + y * width};
      canvas.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, button: 0, ...at}));
    };
    for (const line of lines) {
      send('pointerdown', line[0]!);
      for (const point of line) send('pointermove', point);
      send('pointerup', line.at(-1)!);
    }
  }, strokes);
}

/** What tfjs holds in the worker, once the times of the latest drawing are told. */
async function memory(page: Page): Promise<{tensors: number; bytes: number}> {
  const text = await page.locator('[data-memory]').getAttribute('data-memory');
  return JSON.parse(text!) as {tensors: number; bytes: number};
}

test('reads what is drawn, stock and fused alike, and clears', async ({page, sites}) => {
  await open(page, sites.isolated);
  await draw(page, 3, seededRandom(3));
  await expect(answers(page)).toHaveText(['3', '3', '3', '3']);
  await expect(page.locator('.agreement')).toHaveText([/^Stock and fused agree/, /^Stock and fused agree/]);
  await expect(page.locator('[data-time]')).toHaveText(Array.from({length: 4}, () => /^\d+\.\d+ ms$/));
  await expect(page.getByRole('status')).toHaveText('ConvFirst reads 3, ConvNeXt reads 3. Stock and fused agree.');
  await page.keyboard.press('Escape');
  await expect(answers(page)).toHaveText(['–', '–', '–', '–']);
  await expect(page.getByRole('button', {name: 'Clear'})).toBeDisabled();
});

/** Of the page's own thread, not of the clock: others may have the machine. Units: milliseconds a move of the pointer. */
const MAX_BUSY_MS = 16;

test('leaves the page fluid while it draws', async ({page, sites}) => {
  await open(page, sites.isolated);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', {timeDomain: 'threadTicks'});
  const busyMs = async (): Promise<number> => {
    const {metrics} = await session.send('Performance.getMetrics');
    const parts = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'];
    return metrics.reduce((sum, {name, value}) => (parts.includes(name) ? sum + 1000 * value : sum), 0);
  };
  const start = await busyMs();
  const moves = await draw(page, 3, seededRandom(3));
  await expect(answers(page).first()).toHaveText('3');
  const perMove = ((await busyMs()) - start) / moves;
  console.log(`script, style and layout: ${perMove.toFixed(1)} ms a move`);
  expect(perMove).toBeLessThan(MAX_BUSY_MS);
});

test('draws by keys alone', async ({page, sites}) => {
  await open(page, sites.plain);
  await expect(environment(page)).toContainText(/\d threads?/);
  await pad(page).focus();
  await page.keyboard.press('Space');
  for (let step = 0; step < 16; step++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(answers(page).first()).toHaveText(/^\d$/);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', {name: 'Clear'})).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(answers(page).first()).toHaveText('–');
});

test('reads samples, a next one each time', async ({page, sites}) => {
  await open(page, sites.plain);
  const sample = page.getByRole('button', {name: 'Sample of 7'});
  const picture = (): Promise<string> => pad(page).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  await sample.click();
  await expect(answers(page)).toHaveText(['7', '7', '7', '7']);
  await expect(sample).toHaveAttribute('aria-pressed', 'true');
  const first = await picture();
  await sample.click();
  await expect.poll(picture).not.toBe(first);
});

test('reads most of what is written on the pad, and holds no more afterwards', async ({page, sites}) => {
  test.setTimeout(600_000);
  const random = seededRandom(11);
  await open(page, sites.isolated);
  await draw(page, 0, random);
  await expect(answers(page).first()).toHaveText(/^\d$/);
  await expect.poll(() => page.locator('[data-memory]').count()).toBe(1);
  const before = await memory(page);
  const right = [0, 0];
  const drawings = 80;
  for (let i = 0; i < drawings; i++) {
    await page.getByRole('button', {name: 'Clear'}).click();
    await drawAtOnce(page, i % FORMS.length, random);
    await expect(answers(page).first()).toHaveText(/^\d$/);
    await page.waitForTimeout(120);
    for (const [network, column] of [1, 3].entries())
      if ((await answers(page).nth(column).textContent()) === String(i % FORMS.length)) right[network]!++;
  }
  await page.waitForTimeout(2000);
  const after = await memory(page);
  console.log(
    `of ${drawings} drawings ConvFirst read ${right[0]!} right, ConvNeXt ${right[1]!}; tfjs held`,
    before,
    after,
  );
  expect(after).toEqual(before);
  expect(Math.min(...right)).toBeGreaterThan(0.8 * drawings);
});

test('ends its worker when it is left, and reads again when it comes back', async ({page, sites}) => {
  await open(page, sites.plain);
  expect(page.workers().filter((worker) => worker.url().includes('/worker-'))).toHaveLength(1);
  await page.goto(`${sites.plain.url}/index.html`);
  await expect.poll(() => page.workers().filter((worker) => worker.url().includes('digits')).length).toBe(0);
  await page.goBack();
  await expect(environment(page)).toContainText('WebAssembly with');
  await page.getByRole('button', {name: 'Sample of 1'}).click();
  await expect(answers(page).first()).toHaveText('1');
});

// On the isolated site: on the other a service worker answers, past what the tests put in the way.
test('says plainly that files did not load, and starts again', async ({page, sites}) => {
  await page.route(/model-.*\.json$/, (route) => route.abort());
  await page.goto(`${sites.isolated.url}/digits.html`);
  await expect(page.getByRole('alert')).toContainText('did not load');
  await draw(page, 1, seededRandom(1));
  await page.unroute(/model-.*\.json$/);
  await page.getByRole('button', {name: 'Start again'}).click();
  await expect(answers(page).first()).toHaveText(/^\d$/);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('says plainly that its worker or its samples are missing', async ({page, sites}) => {
  await page.route(/worker-.*\.js$/, (route) => route.abort());
  await page.route(/images-.*\.bin$/, (route) => route.abort());
  await page.goto(`${sites.isolated.url}/digits.html`);
  await expect(page.getByRole('alert')).toContainText('did not load, or was stopped');
  await page.getByRole('button', {name: 'Sample of 2'}).click();
  await expect(page.getByRole('alert').filter({hasText: 'sample digits'})).toContainText('did not load');
});

test('says plainly that a policy forbids WebAssembly', async ({page, sites}) => {
  const policy = "script-src 'self' blob:; worker-src 'self' blob:";
  await page.route(/\.(html|js)$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({response, headers: {...response.headers(), 'content-security-policy': policy}});
  });
  await page.goto(`${sites.isolated.url}/digits.html`);
  await expect(page.getByRole('alert')).toContainText(/policy/);
});

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [360, 1600])
    test(`is accessible and fits at ${width} pixels, ${colorScheme}`, async ({page, sites}) => {
      await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      await page.setViewportSize({width, height: 900});
      await open(page, sites.plain);
      await page.getByRole('button', {name: 'Sample of 5'}).click();
      await expect(answers(page).first()).toHaveText('5');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.addScriptTag({path: axeSource});
      const violations = await page.evaluate(async () => {
        const {axe} = globalThis as unknown as {
          axe: {run: () => Promise<{violations: {id: string; nodes: {html: string}[]}[]}>};
        };
        return (await axe.run()).violations.map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html).join(' ')}`);
      });
      expect(violations).toEqual([]);
    });
