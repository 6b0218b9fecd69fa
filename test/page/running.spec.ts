/** Every control of a comparison has its effect; a comparison can be cancelled, kept, handed on, gone back to and begun anew. */
import {readFileSync} from 'node:fs';
import type {Page} from '@playwright/test';
import {ComparePage, QUICK} from './comparePage.ts';
import {changeJson, FIXTURES, ModelFolder} from './models.ts';
import {expect, test} from './site.ts';

const models = new ModelFolder();
test.afterAll(() => {
  models.close();
});

/** So many that it does not end by itself. */
const ENDLESS = {...QUICK, run: '1000'};

test('SIMD, threads, batch, runs and blocks are as chosen', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convnext-digits');
  await compare.openSettings();
  await page.getByLabel('SIMD', {exact: true}).selectOption({label: 'Plain SIMD, not relaxed'});
  await page.getByLabel('Threads', {exact: true}).selectOption('2');
  await page.getByLabel('Images at a time (batch)').fill('3');
  await page.getByLabel('Timed runs of each side').fill('4');
  await page.getByLabel('Blocks to fuse').selectOption({label: 'All that can be'});
  await compare.compare();
  await compare.expectSameAnswer();
  await expect(compare.fact('SIMD')).toHaveText('simd');
  await expect(compare.fact('Threads')).toHaveText(/^2 threads/);
  await expect(compare.result).toContainText('medians of 4 samples each');
  await expect(page.getByRole('region', {name: 'In figures'})).toContainText('‘image’ 3×32×32×1');
  await expect(page.getByRole('region', {name: /blocks? fused$/})).not.toContainText('left alone');
  const saved = await savedJson(page);
  expect(saved.settings).toMatchObject({simd: 'simd', threads: 2, batch: 3, runs: 4, blocks: 'all', analysis: false});
});

test('JavaScript is as chosen, and fuses nothing', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits');
  await page.getByRole('radio', {name: 'JavaScript'}).check();
  await compare.compare();
  await compare.expectDone();
  await expect(compare.fact('Backend')).toHaveText('JavaScript');
  await expect(page.getByRole('heading', {name: 'No block was fused', exact: true})).toBeVisible();
});

test('WebGPU is as chosen, and float16 that the GPU lacks is told beside it', async ({page, sites}) => {
  test.setTimeout(900_000); // Chromium's software adapter compiles each shader for a second or more
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits');
  await page.getByRole('radio', {name: 'WebGPU'}).check();
  await compare.compare();
  await compare.expectSameAnswer();
  await expect(compare.fact('Backend')).toHaveText('WebGPU');
  await expect(compare.fact('GPU')).not.toBeEmpty();
  await expect(compare.figure('dispatches a run')).toBeVisible();
  await expect(compare.fact('Threads')).toHaveCount(0);

  const hasFloat16 = await page.evaluate(async () =>
    (await navigator.gpu.requestAdapter())!.features.has('shader-f16'),
  );
  test.skip(hasFloat16, 'this adapter has float16');
  await page.getByRole('button', {name: 'Change settings'}).click();
  await compare.openSettings();
  await page.getByLabel('Precision of fused blocks').selectOption('float16');
  await compare.compare();
  expect(await compare.failureIn(compare.backendGroup)).toContain('has no 16-bit floats for shaders');
  await page.getByRole('radio', {name: 'WebAssembly'}).check();
  await compare.compare();
  await compare.expectSameAnswer();
});

test('the image size is asked for where the model leaves it open', async ({page, sites}) => {
  const folder = models.changed('open-size', FIXTURES.digits, (copy) => {
    changeJson(copy, (model) => {
      const {tensorShape} = (model as unknown as Signed).signature.inputs.image;
      const input = model.modelTopology.node.find(({op}) => op === 'Placeholder') as unknown as Shaped;
      for (const {dim} of [tensorShape, input.attr.shape.shape]) for (const axis of [1, 2]) dim[axis]!.size = '-1';
    });
  });
  const compare = await new ComparePage(page, sites.isolated.url).open();
  await compare.drop([folder]);
  await compare.compare();
  const alert = page.getByRole('group').getByRole('alert');
  await expect(alert).toContainText('The model takes images of any size. Choose an input size');
  await page.getByLabel('Image size in pixels').fill('48');
  await compare.compare();
  await compare.expectSameAnswer();
  await expect(page.getByRole('region', {name: 'In figures'})).toContainText('‘image’ 1×48×48×1');
});

test('the analysis is as chosen, and charts are kept as SVG', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
    ...QUICK,
    analysis: 'true',
  });
  await compare.compare();
  await compare.expectSameAnswer();
  for (const name of ['Every timed run', 'Waterline', 'Roofline', 'Efficiency gap']) {
    const svg = await saved(page, `Save ‘${name}’ as SVG`);
    expect(svg.name).toMatch(/^convfirst-digits.*\.svg$/);
    expect(svg.text).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
  }
  const json = await savedJson(page);
  expect(json).toMatchObject({machine: expect.anything(), waterline: expect.anything()});
});

test('a number out of range is told, and nothing runs until it is mended', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits');
  await compare.openSettings();
  const runs = page.getByLabel('Timed runs of each side');
  await runs.fill('0');
  await expect(page.getByText('It must be a whole number from 1 to 1000.')).toBeVisible();
  await compare.compare();
  await expect(runs).toBeFocused();
  await expect(compare.cancelButton).toHaveCount(0);
  await runs.fill('3');
  await compare.compare();
  await compare.expectSameAnswer();
  await expect(compare.result).toContainText('medians of 3 samples each');
});

test('a comparison is cancelled in the middle, and runs again', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', ENDLESS);
  await compare.compare();
  await expect(page.getByText(/^Fused: [1-9]\d* of 1000$/)).toBeVisible();
  await compare.cancelButton.click();
  await expect(page.getByText('Cancelled. What was found so far stays here.')).toBeVisible();
  await expect(compare.sameAnswer).toBeVisible();
  await expect.poll(() => page.workers().length).toBe(0);
  expect((await savedJson(page)).status).toBe('cancelled');

  await compare.runAgain.click();
  await expect(page.getByText(/^Fused: [1-9]\d* of 1000$/)).toBeVisible();
  await compare.cancelButton.click();
  await page.getByRole('button', {name: 'Change settings'}).click();
  await compare.openSettings();
  await page.getByLabel('Timed runs of each side').fill('2');
  await compare.compare();
  await compare.expectSameAnswer();
});

test('the result is kept as JSON with the figures that are shown', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convnext-digits', {...QUICK, run: '3'});
  await compare.compare();
  await compare.expectSameAnswer();
  const json = await savedJson(page);
  expect(json).toMatchObject({
    schema: 1,
    status: 'done',
    source: {kind: 'shipped', id: 'convnext-digits'},
    environment: {backend: 'wasm', isolated: true},
    agreement: {passed: true},
    failure: null,
  });
  expect(json.samples.stock).toHaveLength(3);
  expect(json.samples.fused).toHaveLength(3);
  const middle = (times: number[]): number => [...times].sort((a, b) => a - b)[1]!;
  expect(json.comparison.stock.medianMs).toBe(middle(json.samples.stock));
  expect(json.comparison.speedup).toBeCloseTo(middle(json.samples.stock) / middle(json.samples.fused), 10);
  await expect(compare.result).toContainText(`${json.comparison.speedup.toFixed(2)}×`);
});

test('a copied link repeats the run', async ({page, sites, context}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const params = {backend: 'wasm', simd: 'simd', threads: '2', batch: '2', run: '3', blocks: 'all', analysis: 'false'};
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', params);
  await compare.compare();
  await compare.expectSameAnswer();
  await page.getByRole('button', {name: 'Copy link'}).click();
  await expect(page.getByRole('button', {name: 'Link copied'})).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(Object.fromEntries(new URL(link).searchParams)).toEqual({benchmark: 'convfirst-digits', ...params});

  await page.evaluate(() => {
    localStorage.clear();
  });
  await page.goto(link);
  await expect(page.getByRole('heading', {name: 'ConvFirst, digits'})).toBeVisible();
  await expect(compare.settings).toContainText('plain SIMD, 2 threads, batch 2, 3 runs, all blocks');
  await compare.compare();
  await compare.expectSameAnswer();
  expect((await savedJson(page)).settings).toMatchObject({simd: 'simd', threads: 2, batch: 2, runs: 3, blocks: 'all'});
});

test('what a link asks for and cannot be had is told', async ({page, sites}) => {
  const compare = new ComparePage(page, sites.isolated.url);
  await compare.open({benchmark: 'no-such-model', backend: 'cuda', run: '-1', batch: '2'});
  await expect(compare.chooseHeading).toBeVisible();
  for (const text of [
    '‘no-such-model’',
    'backend=cuda, which must be one of wasm, webgpu, cpu',
    'run=-1, which must be a whole number',
  ])
    await expect(compare.notices).toContainText(text);
  await page.getByRole('button', {name: 'ConvFirst, digits'}).click();
  await expect(compare.settings).toContainText('batch 2, 20 runs');
});

test('settings survive a reload and a new visit', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).open({});
  await page.getByRole('button', {name: 'ConvFirst, digits'}).click();
  await compare.openSettings();
  await page.getByLabel('Timed runs of each side').fill('7');
  await page.getByLabel('SIMD', {exact: true}).selectOption('simd');
  await page.reload();
  await expect(compare.settings).toContainText('plain SIMD, batch 1, 7 runs');
  await compare.open({});
  await page.getByRole('button', {name: 'ConvNeXt, digits'}).click();
  await expect(compare.settings).toContainText('plain SIMD, batch 1, 7 runs');
});

test('back and forward go through the steps, and results are still there', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).open();
  await compare.drop([FIXTURES.digits]);
  await compare.compare();
  await compare.expectSameAnswer();
  const result = await compare.result.innerText();
  await page.goBack();
  await expect(compare.compareButton).toBeVisible();
  await page.goBack();
  await expect(compare.chooseHeading).toBeVisible();
  await page.goForward();
  await page.goForward();
  await compare.expectSameAnswer();
  expect(await compare.result.innerText()).toBe(result);
});

test('back ends a comparison that runs', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).open(ENDLESS);
  await page.getByRole('button', {name: 'ConvFirst, digits'}).click();
  await compare.compare();
  await expect(compare.sameAnswer).toBeVisible();
  await page.goBack();
  await expect(compare.compareButton).toBeVisible();
  await expect.poll(() => page.workers().length).toBe(0);
});

test('a reload in the middle keeps a shipped model, and names dropped files that are gone', async ({page, sites}) => {
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', ENDLESS);
  await compare.compare();
  await expect(compare.cancelButton).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', {name: 'ConvFirst, digits'})).toBeVisible();
  await expect(compare.settings).toContainText('1000 runs');

  await compare.drop([FIXTURES.digits]);
  await expect(page.getByRole('heading', {name: 'convnext-digits'})).toBeVisible();
  await compare.compare();
  await expect(compare.cancelButton).toBeVisible();
  await page.reload();
  await expect(compare.chooseHeading).toBeVisible();
  await expect(compare.notices).toContainText('The page no longer has the files of convnext-digits: drop them again.');
});

interface Shape {
  readonly dim: {size: string}[];
}

interface Shaped {
  readonly attr: {readonly shape: {readonly shape: Shape}};
}

interface Signed {
  readonly signature: {readonly inputs: {readonly image: {readonly tensorShape: Shape}}};
}

interface SavedResult {
  readonly status: string;
  readonly settings: object;
  readonly samples: Readonly<Record<'stock' | 'fused', number[]>>;
  readonly comparison: {readonly speedup: number; readonly stock: {readonly medianMs: number}};
}

async function savedJson(page: Page): Promise<SavedResult> {
  return JSON.parse((await saved(page, 'Save as JSON')).text) as SavedResult;
}

/** Presses a button that saves. Returns the file. */
async function saved(page: Page, button: string): Promise<{name: string; text: string}> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', {name: button}).click();
  const download = await downloading;
  return {name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8')};
}
