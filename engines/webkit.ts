/** WebKit as the harness starts it: WebKitGTK's own small browser, on a display in memory. */
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {findProgram} from '../src/cli/host/browser/findChromium.ts';
import type {BrowserEngine, Command} from './engine.ts';

/** Without a session bus, a graphics card, and the sandbox, which refuses root and containers. */
const ENVIRONMENT = {
  DBUS_SESSION_BUS_ADDRESS: 'disabled:',
  LIBGL_ALWAYS_SOFTWARE: '1',
  NO_AT_BRIDGE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
};

/** An isolated page has SharedArrayBuffer in Safari; in WebKitGTK it is behind this option, on every page. */
const SHARED = {JSC_useSharedArrayBuffer: '1'};

export const webkit: BrowserEngine = {
  title: 'WebKitGTK',
  programs: {
    MiniBrowser: {debian: 'webkit2gtk-driver', find: findMiniBrowser},
    'xvfb-run': {debian: 'xvfb', find: () => findProgram(['xvfb-run'])},
    xauth: {debian: 'xauth', find: () => findProgram(['xauth'])},
  },
  open: ({url, isolated}) => miniBrowser(['--private', url], isolated ? SHARED : {}),
  version: () => miniBrowser(['--version']),
};

function miniBrowser(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const program = findProgram(['xvfb-run'])!;
  return {program, args: ['--auto-servernum', findMiniBrowser()!, ...args], env: {...ENVIRONMENT, ...env}};
}

/** It is in no folder of the PATH: on Debian in one of the processor's name. */
function findMiniBrowser(): string | undefined {
  const folders = ['/usr/libexec', '/usr/lib', ...foldersIn('/usr/lib')];
  return folders
    .flatMap((folder) => foldersIn(folder).filter((path) => path.includes('/webkit2gtk-4.')))
    .map((folder) => join(folder, 'MiniBrowser'))
    .find(existsSync);
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map(({name}) => join(folder, name));
}
