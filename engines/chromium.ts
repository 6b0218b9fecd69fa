/** Chromium as the harness starts it. */
import {join} from 'node:path';
import {sandboxFlags, webgpuFlags} from '../src/cli/host/browser/chromiumFlags.ts';
import {findChromium} from '../src/cli/host/browser/findChromium.ts';
import type {BrowserEngine} from './engine.ts';

/** Nothing that a page's time or a test's network would be spent on. */
const QUIET = [
  '--headless=new',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-renderer-backgrounding',
  '--disable-sync',
];

export const chromium: BrowserEngine = {
  title: 'Chromium',
  programs: {chromium: {debian: 'chromium', find: findChromium}},
  open({url, folder, webgpu}) {
    const flags = [...QUIET, ...sandboxFlags(), ...(webgpu ? webgpuFlags() : [])];
    return {program: findChromium()!, args: [`--user-data-dir=${join(folder, 'profile')}`, ...flags, url]};
  },
  version: () => ({program: findChromium()!, args: ['--version']}),
};
