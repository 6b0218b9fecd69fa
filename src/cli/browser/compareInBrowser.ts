/** `compare --browser`: the model and tfjs's own browser builds, served to a page that compares, in headless Chromium. */
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError, type BlockFusionErrorCode} from '../../../ops/errors.ts';
import type {CompareOptions, Comparison} from '../../compare/compareModels.ts';
import type {BackendName, Engine} from '../../compare/engine.ts';
import {openPage} from './chromium.ts';
import type {PageAnswer, PageRequest} from './protocol.ts';
import {type Content, serve} from './server.ts';

export interface BrowserComparison {
  readonly comparison: Comparison;
  readonly engine: Engine;
  readonly browserVersion: string;
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

/** In the order in which they add themselves to the global `tf`. */
const TFJS_SCRIPTS = {
  '@tensorflow/tfjs-core': 'tf-core',
  '@tensorflow/tfjs-backend-cpu': 'tf-backend-cpu',
  '@tensorflow/tfjs-converter': 'tf-converter',
  '@tensorflow/tfjs-backend-wasm': 'tf-backend-wasm',
} as const;
const WEBGPU_SCRIPT = {'@tensorflow/tfjs-backend-webgpu': 'tf-backend-webgpu'} as const;
const WASM_BINARIES = ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`);

/**
 * Compares the model on a page that is not isolated: tfjs-wasm runs its one-thread build there.
 * Throws: `missing-dependency`, and what the page throws.
 */
export async function compareInBrowser(
  artifacts: io.ModelArtifacts,
  {backend, options}: {backend: BackendName; options: CompareOptions},
): Promise<BrowserComparison> {
  const {onProgress = () => undefined, images, ...rest} = options;
  const site = await serve({...pageFiles(backend), ...modelFiles(artifacts), ...imageFiles(images)});
  try {
    onProgress('starting Chromium');
    const opened = await openPage(site.url, {webgpu: backend === 'webgpu'});
    const {page, browserVersion} = opened;
    try {
      await page.exposeFunction('reportProgress', onProgress);
      const request: PageRequest = {
        modelUrl: `${site.url}/model/model.json`,
        wasmPath: `${site.url}/tfjs/`,
        backend,
        options: rest,
        images: images === undefined ? null : {shape: images.shape, labels: images.labels, url: `${site.url}${IMAGES}`},
      };
      const answer: PageAnswer = await page.evaluate((asked) => globalThis.compareInPage(asked), request);
      if ('message' in answer) throw new PageError(answer.message, answer.code);
      return {...answer, browserVersion};
    } finally {
      await opened.close();
    }
  } finally {
    await site.close();
  }
}

/** The page, tfjs's scripts as installed here, and the wasm backend's binaries. */
function pageFiles(backend: BackendName): Record<string, Content> {
  const names = {...TFJS_SCRIPTS, ...(backend === 'webgpu' ? WEBGPU_SCRIPT : {})};
  const scripts = Object.entries(names).map(
    ([name, script]) => [`/tfjs/${script}.js`, {file: join(distOf(name), `${script}.min.js`)}] as const,
  );
  const binaries = WASM_BINARIES.map(
    (name) => [`/tfjs/${name}`, {file: join(distOf('@tensorflow/tfjs-backend-wasm'), name)}] as const,
  );
  const tags = [...scripts.map(([path]) => path), '/comparePage.js'].map((path) => `<script src="${path}"></script>`);
  return {
    '/index.html': `<!doctype html><meta charset="utf-8"><title>compare</title><link rel="icon" href="data:,">${tags.join('')}`,
    '/comparePage.js': {file: pageBundle()},
    ...Object.fromEntries([...scripts, ...binaries]),
  };
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
  const candidates = ['./comparePage.js', '../comparePage.js', '../../../dist/comparePage.js'];
  const found = candidates
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new BlockFusionError('missing-dependency', {
    where: '--browser',
    must: 'dist/comparePage.js must be built',
    got: 'none',
    fix: 'type: npm run build',
  });
}

const IMAGES = '/images.bin';

function imageFiles(images: CompareOptions['images']): Record<string, Content> {
  if (images === undefined) return {};
  const {buffer, byteOffset, byteLength} = images.pixels;
  return {[IMAGES]: new Uint8Array(buffer, byteOffset, byteLength)};
}

function modelFiles({weightSpecs = [], weightData, ...rest}: io.ModelArtifacts): Record<string, Content> {
  const buffers = [weightData ?? []].flat();
  const paths = buffers.map((_, i) => `shard${i}.bin`);
  const json = {...rest, weightsManifest: [{paths, weights: weightSpecs}]};
  return {
    '/model/model.json': JSON.stringify(json),
    ...Object.fromEntries(buffers.map((buffer, i) => [`/model/${paths[i]!}`, new Uint8Array(buffer)])),
  };
}
