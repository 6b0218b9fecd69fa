/** tfjs's own browser builds, as installed here: the scripts and wasm binaries that a page loads. */
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {BlockFusionError} from '../../../../ops/errors.ts';
import type {BackendName} from '../../../run/engine.ts';
import type {Content} from './server.ts';

/** In the order in which they add themselves to the global `tf`. */
const SCRIPTS = {
  '@tensorflow/tfjs-core': 'tf-core',
  '@tensorflow/tfjs-backend-cpu': 'tf-backend-cpu',
  '@tensorflow/tfjs-converter': 'tf-converter',
  '@tensorflow/tfjs-backend-wasm': 'tf-backend-wasm',
} as const;
const WEBGPU_SCRIPT = {'@tensorflow/tfjs-backend-webgpu': 'tf-backend-webgpu'} as const;
const WASM_BINARIES = ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`);

/**
 * Returns the scripts by their paths, in the order in which a page must load them.
 * Throws: `missing-dependency`.
 */
export function tfjsScripts(backend: BackendName): Record<string, Content> {
  const names = {...SCRIPTS, ...(backend === 'webgpu' ? WEBGPU_SCRIPT : {})};
  return Object.fromEntries(
    Object.entries(names).map(([name, script]) => [
      `/tfjs/${script}.js`,
      {file: join(distOf(name), `${script}.min.js`)},
    ]),
  );
}

/**
 * Returns the wasm backend's binaries, at the path /tfjs/.
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
