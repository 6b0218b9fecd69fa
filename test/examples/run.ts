/**
 * Packs the package, and tries every project of examples/ with it: `npm run test:examples`, or `npm run test:examples -- NAME …` for
 * some. Each is copied, installed and built as its README says, run in headless Chromium or in Node, in development too where it has a
 * server for it, and its outputs are held to stock tfjs. The last line is `N passed, N failed`.
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {Checks} from './checks.ts';
import {launch} from './page.ts';
import {makeClone, pack, Project, projectNames} from './project.ts';
import {PROJECTS} from './projects.ts';

/** At once: while one is installed from the network, another is built. */
const PARALLEL = 2;

const names = process.argv.slice(2);
const known = Object.keys(PROJECTS);
if (!names.every((name) => known.includes(name))) {
  console.error(`npm run test:examples: must be given ${known.join(', ')} or nothing, got ${names.join(' ')}`);
  process.exit(2);
}

const all: Checks[] = [];
const folder = await mkdtemp(join(tmpdir(), 'block-fusion-examples-'));
try {
  const own = new Checks();
  await own.check('every folder of examples/ is tried', async () => {
    const untried = (await projectNames()).filter((name) => !known.includes(name));
    if (untried.length > 0) throw new Error(`test/examples/projects.ts: must have ${untried.join(', ')}`);
  });
  let tarball = '';
  const packed = await own.check('the package is built and packed', async () => {
    tarball = await pack(folder);
  });
  finish('the package', own);
  if (packed) await tryAll(names.length === 0 ? known : names, tarball);
} finally {
  await rm(folder, {recursive: true, force: true, maxRetries: 3});
}
const sum = (key: 'passed' | 'failed'): number => all.reduce((total, checks) => total + checks[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

async function tryAll(projects: readonly string[], tarball: string): Promise<void> {
  await makeClone(folder);
  const browser = await launch();
  try {
    const left = [...projects];
    const worker = async (): Promise<void> => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) await tryOne(name, tarball, browser);
    };
    await Promise.all(Array.from({length: PARALLEL}, worker));
  } finally {
    await browser.close();
  }
}

async function tryOne(name: string, tarball: string, browser: Browser): Promise<void> {
  const checks = new Checks();
  const project = await Project.copy(name, folder);
  if (await checks.check('installs', () => project.install(tarball))) await PROJECTS[name]!({project, checks, browser});
  finish(name, checks);
}

function finish(name: string, checks: Checks): void {
  all.push(checks);
  console.log(`== ${name}\n${checks.report()}`);
}
