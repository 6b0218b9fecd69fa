/** The built page, served as a host would: with the headers of isolation, or as one that cannot set headers. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test as base} from '@playwright/test';
import {type Content, serve, type Site} from '../../src/cli/host/browser/server.ts';
import {servedFolder} from '../helpers/servedFolder.ts';

const BUILT = fileURLToPath(new URL('../../build/web/', import.meta.url));

/** Returns what a server of the built page answers with, under a path, `/` at its start and end. */
export function builtPage(base = '/'): Record<string, Content> {
  if (!existsSync(join(BUILT, 'index.html'))) throw new Error('build/web must be built; type: npm run web:build');
  return servedFolder(BUILT, base);
}

interface Sites {
  /** With the headers of isolation. */
  readonly isolated: Site;
  /** Without them. */
  readonly plain: Site;
}

/** Playwright's test, with the page served once for all tests of a worker. */
export const test = base.extend<object, {sites: Sites}>({
  sites: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads from the pattern that no other fixture is asked for
    async ({}, use) => {
      const isolated = await serve(builtPage(), {isolated: true});
      const plain = await serve({...builtPage(), ...builtPage('/a/deeper/path/')});
      await use({isolated, plain});
      await isolated.close();
      await plain.close();
    },
    {scope: 'worker'},
  ],
});

export {expect} from '@playwright/test';
