/** Headless Chromium, driven by playwright-core: an optional package, and a browser that the machine must have. */
import type {Browser, Page} from 'playwright-core';
import {BlockFusionError} from '../../../../ops/errors.ts';
import {sandboxFlags, webgpuFlags} from './chromiumFlags.ts';
import {findChromium} from './findChromium.ts';

/** A page that is open, and its browser. */
export interface OpenPage {
  readonly page: Page;
  readonly browserVersion: string;
  close(): Promise<void>;
}

/**
 * Opens a page and waits until its scripts have run. `webgpu`: whether the page needs it.
 * Throws: `missing-dependency` where playwright-core or Chromium is missing.
 */
export async function openPage(url: string, {webgpu = false}: {webgpu?: boolean} = {}): Promise<OpenPage> {
  const {chromium} = await importPlaywright();
  const browser: Browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [...sandboxFlags(), ...(webgpu ? webgpuFlags() : [])],
  });
  try {
    const page = await browser.newPage();
    await page.goto(url, {waitUntil: 'load'});
    return {page, browserVersion: browser.version(), close: () => browser.close()};
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function importPlaywright(): Promise<typeof import('playwright-core')> {
  try {
    return await import('playwright-core');
  } catch (cause) {
    throw new BlockFusionError('missing-dependency', {
      where: '--browser',
      must: 'the package playwright-core must be installed',
      got: cause,
      fix: 'type: npm install --save-dev playwright-core',
    });
  }
}

/**
 * Returns the path of the browser.
 * Throws: `missing-dependency`.
 */
export function chromiumPath(env: NodeJS.ProcessEnv = process.env): string {
  const found = findChromium(env);
  if (found !== undefined) return found;
  throw new BlockFusionError('missing-dependency', {
    where: '--browser',
    must: 'Chromium must be on the PATH or at CHROME_BIN',
    got: env['CHROME_BIN'] ?? 'none',
    fix: 'install it (Debian: apt-get install chromium) or set CHROME_BIN',
  });
}
