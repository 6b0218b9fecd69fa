/** A comparison from its settings to what is kept of it: in Chromium, on wasm, webgpu and cpu. */
import {readFileSync} from 'node:fs';
import {ComparePage, QUICK} from './comparePage.ts';
import {recordLongTasks, takeLongTasks} from './longTasks.ts';
import {expect, test} from './site.ts';

const DIGITS = `benchmark=convnext-digits&${QUICK}`;

for (const backend of ['wasm', 'webgpu', 'cpu'])
  test(`runs on ${backend}`, async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated, `${DIGITS}&backend=${backend}&blocks=all`);
    await compare.run();
    if (backend === 'cpu') await expect(compare.button('Run again')).toBeVisible({timeout: 100_000});
    else await compare.expectCompared();
    await expect(compare.result()).toContainText('Same answer');
  });

test('takes two threads, and plain SIMD, where asked', async ({page, sites}) => {
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, `${DIGITS}&threads=2&simd=simd`);
  await compare.run();
  await compare.expectCompared();
  const machine = page.getByRole('region', {name: 'This machine'});
  await expect(machine).toContainText('2 threads');
  await expect(machine.getByText('simd', {exact: true})).toBeVisible();
});

test('on a page that is not isolated there is one thread, and the page says why', async ({browser, sites}) => {
  const context = await browser.newContext({serviceWorkers: 'block'});
  const page = await context.newPage();
  const compare = new ComparePage(page);
  await compare.open(sites.plain, `${DIGITS}&threads=2`);
  await compare.run();
  await compare.expectCompared();
  await expect(page.getByRole('region', {name: 'This machine'})).toContainText(/1 thread \(.*isolated/);
  await context.close();
});

test('a host without headers: the service worker isolates the page, at any path', async ({page, sites}) => {
  await page.goto(`${sites.plain.url}/a/deeper/path/index.html`);
  await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true);
  const compare = new ComparePage(page);
  await compare.button(/^ConvNeXt, digits/).click();
  await compare.run();
  await compare.expectCompared();
});

test('without WebGPU the page says so, and goes on with wasm', async ({page, sites}) => {
  await page.route('**/*worker*.js', async (route) => {
    const response = await route.fetch();
    const hidden = "Object.defineProperty(navigator, 'gpu', {value: undefined});";
    await route.fulfill({response, body: hidden + (await response.text())});
  });
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, `${DIGITS}&backend=webgpu`);
  await compare.run();
  await expect(compare.failure()).toContainText('WebGPU');
  await page.getByRole('radio', {name: /WebAssembly/}).check();
  await compare.run();
  await compare.expectCompared();
});

test('is cancelled in the middle, and run again', async ({page, sites}) => {
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, 'benchmark=convnext-digits&run=500&analysis=false');
  await compare.run();
  await expect(page.getByText('Being timed.')).toBeVisible();
  await compare.button('Cancel').click();
  await expect(page.getByText('Cancelled.')).toBeVisible();
  expect(page.workers()).toEqual([]);
  await compare.button('Change settings').click();
  await page.getByText('Settings', {exact: true}).click();
  await page.getByLabel('Timed runs of each side').fill('3');
  await compare.run();
  await compare.expectCompared();
});

test('saves what was found, and a link that asks for the same', async ({page, sites, context}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, 'benchmark=convfirst-digits&run=4&analysis=false&blocks=all');
  await compare.run();
  await compare.expectCompared();

  const saving = page.waitForEvent('download');
  await compare.button('Save as JSON').click();
  const saved = JSON.parse(readFileSync(await (await saving).path(), 'utf8')) as Record<string, never>;
  expect(saved).toMatchObject({schema: 1, comparison: {passed: true}});
  expect((saved as {samples?: {stock: number[]}}).samples!.stock).toHaveLength(4);

  const drawing = page.waitForEvent('download');
  await compare.button(/SVG/).first().click();
  expect(readFileSync(await (await drawing).path(), 'utf8')).toMatch(/^<svg[^]*<\/svg>\s*$/);

  await compare.button('Copy link').click();
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(Object.fromEntries(link.searchParams)).toMatchObject({benchmark: 'convfirst-digits', run: '4', blocks: 'all'});
  await page.goto(link.href);
  await compare.run();
  await compare.expectCompared();
});

test('tells of a link’s bad values, and takes the usual ones', async ({page, sites}) => {
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, 'benchmark=convnext-digits&run=-7&backend=quantum');
  await expect(page.getByText(/run=-7/)).toBeVisible();
  await expect(page.getByText(/backend=quantum/)).toBeVisible();
  await expect(page.getByRole('radio', {name: /WebAssembly/})).toBeChecked();
});

test('keeps its settings over a reload, and finds its way back and forward', async ({page, sites}) => {
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, '');
  await compare.button(/^ConvNeXt, digits/).click();
  await page.getByText('Settings', {exact: true}).click();
  await page.getByLabel('Timed runs of each side').fill('6');
  await page.goBack();
  await expect(page.getByText('Drop your model here')).toBeVisible();
  await page.goForward();
  await expect(compare.button('Compare stock and fused')).toBeVisible();
  await page.reload();
  await page.goto(`${sites.isolated.url}/index.html`);
  await compare.button(/^ConvNeXt, digits/).click();
  await page.getByText('Settings', {exact: true}).click();
  await expect(page.getByLabel('Timed runs of each side')).toHaveValue('6');
});

test('leaves the main thread free: no task over 50 ms from start to charts', async ({page, sites}) => {
  await recordLongTasks(page);
  const compare = new ComparePage(page);
  await compare.open(sites.isolated, 'benchmark=convnext-digits&run=20');
  await expect(compare.button('Compare stock and fused')).toBeVisible();
  await takeLongTasks(page);
  await compare.run();
  await expect(compare.button('Run again')).toBeVisible({timeout: 100_000});
  await page.getByText('Efficiency gap').first().scrollIntoViewIfNeeded();
  expect(await takeLongTasks(page)).toEqual([]);
});
