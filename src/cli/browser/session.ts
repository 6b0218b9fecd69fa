/** A page of ours in headless Chromium, with tfjs's own browser builds and a backend started: commands run on it as in Node. */
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError, type BlockFusionErrorCode} from '../../../ops/errors.ts';
import type {BackendName, Engine} from '../../run/engine.ts';
import {type OpenPage, openPage} from './chromium.ts';
import type {TaskName, TaskRequest, TaskResult} from './protocol.ts';
import {type Content, serve, type Site} from './server.ts';

export interface BrowserSession {
  readonly engine: Engine;
  readonly browserVersion: string;
  /** Serves a model. Returns its URL. */
  addModel(artifacts: io.ModelArtifacts): string;
  /** Serves bytes. Returns their URL. */
  addBytes(bytes: Uint8Array): string;
  /** Throws: what the page throws. */
  run<Name extends TaskName>(name: Name, request: TaskRequest<Name>): Promise<TaskResult<Name>>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly backend: BackendName;
  readonly onProgress: (what: string) => void;
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
export async function openSession({backend, onProgress}: SessionOptions): Promise<BrowserSession> {
  const site = await serve(pageFiles(backend), {isolated: true});
  let opened: OpenPage | undefined;
  const close = async (): Promise<void> => {
    await opened?.close();
    await site.close();
  };
  try {
    onProgress('starting Chromium');
    opened = await openPage(site.url, {webgpu: backend === 'webgpu'});
    const {page, browserVersion} = opened;
    await page.exposeFunction('reportProgress', onProgress);
    const run = async <Name extends TaskName>(name: Name, request: TaskRequest<Name>): Promise<TaskResult<Name>> => {
      const answer = await page.evaluate(
        ([task, asked]) => globalThis.runInPage(task as Name, asked as TaskRequest<Name>),
        [name, request] as const,
      );
      if ('message' in answer) throw new PageError(answer.message, answer.code);
      return answer.result;
    };
    const engine = await run('start', {backend, wasmPath: `${site.url}/tfjs/`});
    return {engine, browserVersion, run, close, ...servedBy(site)};
  } catch (error) {
    await close();
    throw error;
  }
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

/** In the order in which they add themselves to the global `tf`. */
const TFJS_SCRIPTS = {
  '@tensorflow/tfjs-core': 'tf-core',
  '@tensorflow/tfjs-backend-cpu': 'tf-backend-cpu',
  '@tensorflow/tfjs-converter': 'tf-converter',
  '@tensorflow/tfjs-backend-wasm': 'tf-backend-wasm',
} as const;
const WEBGPU_SCRIPT = {'@tensorflow/tfjs-backend-webgpu': 'tf-backend-webgpu'} as const;
const WASM_BINARIES = ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`);

/** The page, tfjs's scripts as installed here, and the wasm backend's binaries. */
function pageFiles(backend: BackendName): Record<string, Content> {
  const names = {...TFJS_SCRIPTS, ...(backend === 'webgpu' ? WEBGPU_SCRIPT : {})};
  const scripts = Object.entries(names).map(
    ([name, script]) => [`/tfjs/${script}.js`, {file: join(distOf(name), `${script}.min.js`)}] as const,
  );
  const tags = [...scripts.map(([path]) => path), '/cliPage.js'].map((path) => `<script src="${path}"></script>`);
  return {
    '/index.html': `<!doctype html><meta charset="utf-8"><title>tfjs-block-fusion</title><link rel="icon" href="data:,">${tags.join('')}`,
    '/cliPage.js': {file: pageBundle()},
    ...Object.fromEntries(scripts),
    ...wasmBinaries(),
  };
}

/**
 * Returns the wasm backend's binaries as installed here, at the path /tfjs/.
 * Throws: `missing-dependency`.
 */
export function wasmBinaries(): Record<string, Content> {
  const dist = distOf('@tensorflow/tfjs-backend-wasm');
  return Object.fromEntries(WASM_BINARIES.map((name) => [`/tfjs/${name}`, {file: join(dist, name)}]));
}

/** The dist folder of an installed package. */
function distOf(name: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dist');
  } catch (cause) {
    throw new BlockFusionError('missing-dependency', {
      where: '--browser',
      must: `the package ${name} must be installed`,
      got: cause,
      fix: `type: npm install ${name}`,
    });
  }
}

/** The page's script lies beside the built program; from sources, in the dist folder of a build. */
function pageBundle(): string {
  const candidates = ['./cliPage.js', '../cliPage.js', '../../../dist/cliPage.js'];
  const found = candidates
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new BlockFusionError('missing-dependency', {
    where: '--browser',
    must: 'dist/cliPage.js must be built',
    got: 'none',
    fix: 'type: npm run build',
  });
}
