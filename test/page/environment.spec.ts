/** What the page's surroundings lack or take away: WebGPU, isolation, the GPU in the middle, the worker. */
import type {BrowserContext, Page} from '@playwright/test';
import {ComparePage, QUICK} from './comparePage.ts';
import {expect, test} from './site.ts';

const WORKER = /\/assets\/worker-[^/]*\.js$/;

/** Has the page's workers run a script before their own. */
async function inWorkers(context: Page | BrowserContext, script: () => void): Promise<void> {
  await context.route(WORKER, async (route) => {
    const response = await route.fetch();
    await route.fulfill({response, body: `(${script.toString()})();\n${await response.text()}`});
  });
}

test.describe('no WebGPU', () => {
  const hide = (): void => {
    Reflect.deleteProperty(Object.getPrototypeOf(navigator) as object, 'gpu');
  };

  test('is told beside the choice, which cannot be made; WebAssembly runs', async ({page, sites}) => {
    await page.addInitScript(hide);
    const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits');
    await expect(page.getByRole('radio', {name: 'WebGPU'})).toBeDisabled();
    await expect(compare.backendGroup).toContainText('This browser has no WebGPU on this page.');
    await compare.compare();
    await compare.expectSameAnswer();
  });

  test('is told where a link asks for it, and WebAssembly can be chosen instead', async ({page, sites}) => {
    await page.addInitScript(hide);
    await inWorkers(page, hide);
    const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
      ...QUICK,
      backend: 'webgpu',
    });
    await expect(compare.backendGroup).toContainText('Choose WebAssembly, or open this page in a browser with WebGPU.');
    await compare.compare();
    expect(await compare.failureIn(compare.backendGroup)).toContain('This browser has no WebGPU here.');
    await page.getByRole('radio', {name: 'WebAssembly'}).check();
    await compare.compare();
    await compare.expectSameAnswer();
  });

  test('on a browser without a GPU is told as that', async ({page, sites}) => {
    const refuse = (): void => {
      Object.assign(GPU.prototype, {requestAdapter: () => Promise.resolve(null)});
    };
    await page.addInitScript(refuse);
    await inWorkers(page, refuse);
    const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
      ...QUICK,
      backend: 'webgpu',
    });
    await expect(compare.backendGroup).toContainText('This browser has WebGPU, but no GPU that it may use.');
    await compare.compare();
    expect(await compare.failureIn(compare.backendGroup)).toContain('The browser has WebGPU but offers no GPU.');
  });
});

test.describe('no isolation', () => {
  test('and none to be had leaves one thread, with the reason', async ({browser, sites}) => {
    const context = await browser.newContext({serviceWorkers: 'block'});
    const page = await context.newPage();
    const compare = await new ComparePage(page, sites.plain.url).openModel('convfirst-digits');
    await compare.openSettings();
    await expect(page.getByLabel('Threads', {exact: true})).toBeDisabled();
    await expect(page.getByText('One alone: this page is not isolated')).toBeVisible();
    await compare.compare();
    await compare.expectSameAnswer();
    await expect(compare.fact('Isolated')).toHaveText('no');
    await expect(compare.fact('Threads')).toHaveText(/^1 thread/);
    await expect(compare.environment).toContainText('Its server must send these two headers');
    await context.close();
  });

  for (const folder of ['/', '/a/deeper/path/'])
    test(`is mended by the service worker, at ${folder}`, async ({page, sites}) => {
      const compare = await new ComparePage(page, `${sites.plain.url}${folder}index.html`).openModel(
        'convfirst-digits',
        {
          ...QUICK,
          threads: '2',
        },
      );
      // The page loads itself anew: until then it has another context, or none.
      await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true);
      await compare.compare();
      await compare.expectSameAnswer();
      await expect(compare.fact('Isolated')).toHaveText('yes');
      await expect(compare.fact('Threads')).toHaveText(/^2 threads/);
      expect(new URL(page.url()).pathname).toBe(`${folder}index.html`);
    });
});

test('a device that is lost in the middle is told beside the backend, and the next comparison runs', async ({
  page,
  sites,
}) => {
  await inWorkers(page, () => {
    const requestDevice = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'requestDevice')!.value as (
      this: GPUAdapter,
      descriptor?: GPUDeviceDescriptor,
    ) => Promise<GPUDevice>;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      new BroadcastChannel('lose the device').onmessage = () => {
        device.destroy();
      };
      return device;
    };
  });
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
    ...QUICK,
    backend: 'webgpu',
  });
  await compare.compare();
  await expect(compare.fact('GPU')).not.toBeEmpty();
  await page.evaluate(() => {
    new BroadcastChannel('lose the device').postMessage('now');
  });
  expect(await compare.failureIn(compare.backendGroup)).toContain('took the GPU away in the middle of the comparison');
  await page.getByRole('radio', {name: 'WebAssembly'}).check();
  await compare.compare();
  await compare.expectSameAnswer();
});

test('a worker that breaks off is told, and the next comparison runs', async ({page, sites}) => {
  await inWorkers(page, () => {
    const post = postMessage.bind(globalThis);
    globalThis.postMessage = (message: {type: string}) => {
      post(message);
      if (message.type === 'sample') reportError(new Error('the worker is broken'));
    };
  });
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits', {
    ...QUICK,
    run: '1000',
  });
  await compare.compare();
  const form = page.getByRole('form', {name: 'Comparison'});
  expect(await compare.failureIn(form)).toContain('The comparison broke off.');
  await page.unroute(WORKER);
  await compare.openSettings();
  await page.getByLabel('Timed runs of each side').fill('2');
  await compare.compare();
  await compare.expectSameAnswer();
});

test('a worker that does not load is told', async ({page, sites}) => {
  await page.route(WORKER, (route) => route.abort());
  const compare = await new ComparePage(page, sites.isolated.url).openModel('convfirst-digits');
  await compare.compare();
  expect(await compare.failureIn(page.getByRole('form', {name: 'Comparison'}))).toContain(
    'part of the page did not load',
  );
  await page.unroute(WORKER);
  await compare.compare();
  await compare.expectSameAnswer();
});
