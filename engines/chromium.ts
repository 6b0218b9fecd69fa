/** Chromium as the harness starts it. */
import {join} from 'node:path';
import {sandboxFlags, webgpuFlags} from '../src/cli/host/browser/chromiumFlags.ts';
import {findChromium} from '../src/cli/host/browser/findChromium.ts';
import {mayHaveGPU} from '../src/cli/host/webgpuInNode.ts';
import type {BrowserEngine} from './engine.ts';

/** Nothing that a page's time or a test's network would be spent on: karma-chrome-launcher's flags, and some more. */
const QUIET = [
  '--headless=new',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-device-discovery-notifications',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-popup-blocking',
  '--disable-renderer-backgrounding',
  '--disable-sync',
  '--disable-translate',
  '--enable-automation',
  '--remote-debugging-port=0', // nobody connects
];

/** Where there is none, Chromium would draw the page itself with the adapter that WebGPU runs on. */
const NO_GPU = ['--disable-gpu'];

export const chromium: BrowserEngine = {
  title: 'Chromium',
  programs: {chromium: {debian: 'chromium', find: findChromium}},
  open({url, folder, webgpu}) {
    const flags = [...QUIET, ...(mayHaveGPU() ? [] : NO_GPU), ...sandboxFlags(), ...(webgpu ? webgpuFlags() : [])];
    return {program: findChromium()!, args: [`--user-data-dir=${join(folder, 'profile')}`, ...flags, url]};
  },
  version: () => ({program: findChromium()!, args: ['--version']}),
};
