/** A page of ours in headless Chromium, with tfjs's own browser builds and a backend started: commands run on it as in Node. */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {io} from '@tensorflow/tfjs-core';
import type {Page} from 'playwright-core';
import {BlockFusionError, type BlockFusionErrorCode} from '../../../../ops/errors.ts';
import type {BackendName, Engine} from '../../../run/engine.ts';
import {type OpenPage, openPage} from './chromium.ts';
import type {TaskName, TaskRequest, TaskResult} from './protocol.ts';
import {type Content, serve, type Site} from './server.ts';
import {tfjsScripts, wasmBinaries} from './tfjsFiles.ts';

export interface BrowserSession {
  readonly engine: Engine;
  readonly browserVersion: string;
  /** Serves a model. Returns its URL. */
  addModel(artifacts: io.ModelArtifacts): string;
  /** Serves bytes. Returns their URL. */
  addBytes(bytes: Uint8Array): string;
  /** Has the page do a task; one at a time. Throws: what the page throws. */
  do<Name extends TaskName>(
    name: Name,
    request: TaskRequest<Name>,
    onProgress?: (what: string) => void,
  ): Promise<TaskResult<Name>>;
  close(): Promise<void>;
}

/** An error that the page reported: its text is the page's, and so is its code. */
class PageError extends Error {
  constructor(
    message: string,
    readonly code: BlockFusionErrorCode | null,
  ) {
    super(message);
    this.name = 'PageError';
  }
}

/**
 * Opens a page, and starts the backend on it. The page is isolated, for which Chromium's clock ticks twenty times as fast.
 * Throws: `missing-dependency`, and what the backend's start throws.
 */
export async function openSession(backend: BackendName): Promise<BrowserSession> {
  const site = await serve(pageFiles(backend), {isolated: true});
  let opened: OpenPage | undefined;
  const close = async (): Promise<void> => {
    await opened?.close();
    await site.close();
  };
  try {
    opened = await openPage(site.url, {webgpu: backend === 'webgpu'});
    const {page, browserVersion} = opened;
    const doTask = await taskSender(page);
    const engine = await doTask('start', {backend, wasmPath: `${site.url}/tfjs/`});
    return {engine, browserVersion, do: doTask, close, ...servedBy(site)};
  } catch (error) {
    await close();
    throw error;
  }
}

async function taskSender(page: Page): Promise<BrowserSession['do']> {
  let listener: ((what: string) => void) | undefined;
  await page.exposeFunction('reportProgress', (what: string) => listener?.(what));
  return async <Name extends TaskName>(
    name: Name,
    request: TaskRequest<Name>,
    onProgress?: (what: string) => void,
  ): Promise<TaskResult<Name>> => {
    listener = onProgress;
    const answer = await page.evaluate(([task, given]) => globalThis.doTask(task as Name, given as TaskRequest<Name>), [
      name,
      request,
    ] as const);
    if ('message' in answer) throw new PageError(answer.message, answer.code);
    return answer.result;
  };
}

function servedBy(site: Site): Pick<BrowserSession, 'addModel' | 'addBytes'> {
  let served = 0;
  return {
    addModel: (artifacts) => {
      const folder = `/model${served++}`;
      site.add(modelFiles(folder, artifacts));
      return `${site.url}${folder}/model.json`;
    },
    addBytes: (bytes) => {
      const path = `/bytes${served++}.bin`;
      site.add({[path]: bytes});
      return `${site.url}${path}`;
    },
  };
}

function modelFiles(
  folder: string,
  {weightSpecs = [], weightData, ...rest}: io.ModelArtifacts,
): Record<string, Content> {
  const buffers = [weightData ?? []].flat();
  const paths = buffers.map((_, i) => `shard${i}.bin`);
  const json = {...rest, weightsManifest: [{paths, weights: weightSpecs}]};
  return {
    [`${folder}/model.json`]: JSON.stringify(json),
    ...Object.fromEntries(buffers.map((buffer, i) => [`${folder}/${paths[i]!}`, new Uint8Array(buffer)])),
  };
}

/** The page, tfjs's scripts as installed here, and the wasm backend's binaries. */
function pageFiles(backend: BackendName): Record<string, Content> {
  const scripts = tfjsScripts(backend);
  const tags = [...Object.keys(scripts), '/cliPage.js'].map((path) => `<script src="${path}"></script>`);
  return {
    '/index.html': `<!doctype html><meta charset="utf-8"><title>tfjs-block-fusion</title><link rel="icon" href="data:,">${tags.join('')}`,
    '/cliPage.js': {file: pageBundle()},
    ...scripts,
    ...wasmBinaries(),
  };
}

/** The page's script lies beside the built program; from sources, in the dist folder of a build. */
function pageBundle(): string {
  const folders = ['./', '../', '../../../dist/', '../../../../dist/'];
  const found = folders
    .map((path) => fileURLToPath(new URL(`${path}cliPage.js`, import.meta.url)))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new BlockFusionError('missing-dependency', {
    where: '--browser',
    must: 'dist/cliPage.js must be built',
    got: 'none',
    fix: 'type: npm run build',
  });
}
