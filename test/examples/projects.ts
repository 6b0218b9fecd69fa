/** What is checked of each project of examples/. */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {serve} from '../../src/cli/host/browser/server.ts';
import {servedFolder} from '../helpers/servedFolder.ts';
import type {Checks} from './checks.ts';
import {imageClassification} from './imageClassification.ts';
import {assertSameLogits, FUSED, largest, readDigits, stockLogits} from './golden.ts';
import {assertThreaded, bytesOf, open, shownBy} from './page.ts';
import type {Project} from './project.ts';

export interface Context {
  readonly project: Project;
  readonly checks: Checks;
  readonly browser: Browser;
}

/** Checks a project that is installed. */
export type ProjectChecks = (context: Context) => Promise<void>;

/** How a page's servers are started. */
interface PageOptions {
  /** The scripts of package.json that serve the page, in development and built. */
  readonly servers: readonly string[];
  /** The flag by which they take their port. */
  readonly port: string;
  /** Where the picture of a digit is. */
  readonly picture: string;
  /** How many threads there are with four processors; undefined for a model in a Worker, which has as many as the machine. */
  readonly threads?: number;
  /** What a build makes whole, for a web server of one's own. */
  readonly site?: string;
}

/** The longest first. */
export const PROJECTS: Readonly<Record<string, ProjectChecks>> = {
  next: page({servers: ['dev', 'start'], port: '--port', picture: 'public/digit.svg', threads: 2}),
  webpack: page({servers: ['dev'], site: 'public', port: '--port', picture: 'public/digit.svg', threads: 2}),
  'vite-typescript': page({servers: ['dev', 'preview'], port: '--port', picture: 'public/digit.svg', threads: 2}),
  'vite-react-worker': page({servers: ['dev', 'preview'], port: '--port', picture: 'public/digit.svg'}),
  'script-tags': page({servers: ['start'], port: '--listen', picture: 'digit.svg', threads: 2}),
  'image-classification': imageClassification,
  'node-esm': program,
  'node-cjs': program,
};

/** A page that reads a picture of a digit. */
function page({servers, site, port, picture, threads}: PageOptions): ProjectChecks {
  return async ({project, checks, browser}) => {
    const {scripts} = JSON.parse(await readFile(join(project.folder, 'package.json'), 'utf8')) as {scripts: object};
    const builds =
      !('build' in scripts) ||
      (await checks.check('builds', async () => {
        await project.runScript('build');
      }));
    if (!builds) return;
    const bytes = await bytesOf(browser, await readFile(join(project.folder, picture), 'utf8'));
    const [stock = []] = await stockLogits(bytes);
    const assertPage = async (url: string): Promise<void> => {
      const opened = await open(browser, url);
      const shown = await shownBy(opened);
      assert.match(shown.fused, FUSED);
      assertSameLogits(shown.logits, stock);
      assert.equal(shown.digit, String(largest(stock)));
      await assertThreaded(opened);
      if (threads !== undefined) assert.equal(shown.threads, `Threads: ${threads}`);
      assert.deepEqual(opened.errors, []);
      await opened.close();
    };
    for (const script of servers)
      await checks.check(`npm run ${script}: fused, and the outputs are those of stock tfjs`, async () => {
        const server = await project.serve(script, port);
        try {
          await assertPage(server.url);
        } finally {
          await server.stop();
        }
      });
    if (site === undefined) return;
    await checks.check(`${site}, as it was built: fused, and the outputs are those of stock tfjs`, async () => {
      const served = await serve(servedFolder(join(project.folder, site)), {isolated: true});
      try {
        await assertPage(served.url);
      } finally {
        await served.close();
      }
    });
  };
}

/** A program that reads the test set. */
async function program({project, checks}: Context): Promise<void> {
  await checks.check('npm start: fused, and the outputs are those of stock tfjs', async () => {
    const [fused = '', right, first = ''] = (await project.runScript('start')).trim().split('\n').slice(-3);
    assert.match(fused, FUSED);
    const {bytes, labels} = await readDigits();
    const stock = await stockLogits(bytes);
    const stockRight = labels.filter((label, i) => label === largest(stock[i]!)).length;
    assert.equal(right, `${stockRight} of ${labels.length} digits read right`);
    assertSameLogits(first.match(/-?\d+\.\d+/g)?.map(Number) ?? [], stock[0]!);
  });
}
