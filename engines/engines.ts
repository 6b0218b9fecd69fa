/** The browser engines that tests and benches run in. Each has a file of its own; launch.ts starts them. */
import {chromium} from './chromium.ts';
import type {BrowserEngine} from './engine.ts';
import {firefox} from './firefox.ts';
import {webkit} from './webkit.ts';

export const ENGINE_NAMES = ['chromium', 'firefox', 'webkit'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export const ENGINES: Readonly<Record<EngineName, BrowserEngine>> = {chromium, firefox, webkit};

/** Returns Debian's packages that bring what an engine needs and is not there; empty where it can start. */
export function missingPackages(name: EngineName): string[] {
  return Object.values(ENGINES[name].programs)
    .filter((program) => program.find() === undefined)
    .map(({debian}) => debian);
}
