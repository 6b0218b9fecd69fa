/**
 * The page's side of `compare --browser`: the same comparison as in Node, with the tfjs that the script tags before it have
 * loaded. Built on its own, to dist/comparePage.js.
 */
import '@tensorflow/tfjs-backend-cpu';
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {BlockFusionError} from '../../../ops/errors.ts';
import type {LabelledImages} from '../../compare/accuracy.ts';
import {compareModels} from '../../compare/compareModels.ts';
import {engineOf} from '../../compare/engine.ts';
import {ALL_TFJS} from '../../compare/tfjs.ts';
import type {PageAnswer, PageRequest} from './protocol.ts';

async function compare({modelUrl, wasmPath, backend, options, images}: PageRequest): Promise<PageAnswer> {
  try {
    setWasmPaths(wasmPath);
    await ALL_TFJS.setBackend(backend);
    await ALL_TFJS.ready();
    const comparison = await compareModels(ALL_TFJS, ALL_TFJS.io.http(modelUrl), {
      ...options,
      images: images === null ? undefined : await fetchImages(images),
      onProgress: (what) => void globalThis.reportProgress(what),
    });
    return {comparison, engine: engineOf(ALL_TFJS, getThreadsCount)};
  } catch (error) {
    return {
      message: error instanceof Error ? error.message : String(error),
      code: error instanceof BlockFusionError ? error.code : null,
    };
  }
}

async function fetchImages({url, ...rest}: NonNullable<PageRequest['images']>): Promise<LabelledImages> {
  const response = await fetch(url);
  return {...rest, pixels: new Float32Array(await response.arrayBuffer())};
}

globalThis.compareInPage = compare;
