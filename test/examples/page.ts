/** A project's page in headless Chromium: what it shows, what it loaded, and what went wrong in it. */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {type Browser, chromium, type Page, type Response} from 'playwright-core';
import {chromiumPath} from '../../src/cli/host/browser/chromium.ts';
import {sandboxFlags} from '../../src/cli/host/browser/chromiumFlags.ts';

/** So long a page may take: a server in development builds what it is asked for. */
const PAGE_MS = 90_000;

export interface Shown {
  readonly digit: string;
  readonly logits: readonly number[];
  readonly fused: string;
  readonly threads: string;
}

export interface OpenPage {
  readonly page: Page;
  /** The responses that carried WebAssembly files. */
  readonly wasm: readonly Response[];
  /** Errors of scripts, and requests that were not answered. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export function launch(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({executablePath: chromiumPath(), args: [...sandboxFlags(), ...flags]});
}

/** Opens a page. It is told of four processors, so that tfjs takes two threads on any machine; its Workers are not. */
export async function open(browser: Browser, url: string): Promise<OpenPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PAGE_MS);
  const wasm: Response[] = [];
  const errors: string[] = [];
  page.on('pageerror', ({message}) => errors.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isIcon(message.location().url)) errors.push(message.text());
  });
  page.on('response', (response) => {
    if (response.url().includes('.wasm')) wasm.push(response);
    if (response.status() >= 400 && !isIcon(response.url())) errors.push(`${response.status()} ${response.url()}`);
  });
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'hardwareConcurrency', {value: 4});
  });
  await page.goto(url);
  return {page, wasm, errors, close: () => page.close()};
}

/** Waits until a page shows its answer. Throws, with the errors so far, where it does not come. */
export async function shownBy({page, errors}: OpenPage): Promise<Shown> {
  try {
    await page.waitForFunction(() => document.querySelectorAll('#logits li').length === 10);
  } catch {
    throw new Error(
      `${page.url()}: must show ten logits, got\n${await page.locator('body').innerText()}\n${errors.join('\n')}`,
    );
  }
  const textOf = (id: string): Promise<string> => page.locator(`#${id}`).innerText();
  const logits = await page.locator('#logits li').allInnerTexts();
  return {
    digit: await textOf('digit'),
    logits: logits.map(Number),
    fused: await textOf('fused'),
    threads: await textOf('threads'),
  };
}

/** Throws where the page is not isolated or did not load the threaded build of tfjs as WebAssembly. */
export async function assertThreaded({page, wasm}: OpenPage): Promise<void> {
  assert.ok(await page.evaluate(() => crossOriginIsolated), 'the page: must be cross-origin isolated');
  const [file] = wasm;
  assert.ok(file !== undefined, 'the page: must load a file of the wasm backend, got none');
  assert.equal(file.headers()['content-type'], 'application/wasm', `${file.url()}: its type`);
  const threaded = await readFile(
    new URL(
      '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
      import.meta.url,
    ),
  );
  assert.ok(threaded.equals(await file.body()), `${file.url()}: must be tfjs's threaded build`);
}

/** Returns the 32×32 bytes that a browser reads of a picture, its red ones. */
export async function bytesOf(browser: Browser, svg: string): Promise<Uint8Array> {
  const page = await browser.newPage();
  const red = await page.evaluate(async (source) => {
    const picture = new Image();
    picture.src = `data:image/svg+xml,${encodeURIComponent(source)}`;
    await picture.decode();
    const context = new OffscreenCanvas(32, 32).getContext('2d')!;
    context.drawImage(picture, 0, 0);
    return [...context.getImageData(0, 0, 32, 32).data].filter((_, i) => i % 4 === 0);
  }, svg);
  await page.close();
  return Uint8Array.from(red);
}

/** Browsers ask for an icon by themselves. */
function isIcon(url: string): boolean {
  return url.endsWith('/favicon.ico');
}
