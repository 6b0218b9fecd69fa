/**
 * The page's side of `--browser`: what the commands do in Node, with the tfjs that the script tags before it have loaded. Built on
 * its own, to dist/cliPage.js.
 */
import '@tensorflow/tfjs-backend-cpu';
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {BlockFusionError} from '../../../../ops/errors.ts';
import {measureMachine} from '../../../analysis/machine/machine.ts';
import {modelWaterline} from '../../../analysis/modelWaterline.ts';
import type {LabelledImages} from '../../../compare/accuracy.ts';
import {compareModels} from '../../../compare/compareModels.ts';
import {engineOf} from '../../../run/engine.ts';
import {ALL_TFJS as tf} from '../../../run/allTfjs.ts';
import type {CompareRequest, PageTasks} from './protocol.ts';

const onProgress = (what: string): void => void globalThis.reportProgress(what);

const tasks: PageTasks = {
  async start({backend, wasmPath}) {
    setWasmPaths(wasmPath);
    // Where the page is isolated tfjs would take its threaded build; ours are the figures of one thread.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    await tf.setBackend(backend);
    await tf.ready();
    return engineOf(getThreadsCount);
  },
  async compare({modelUrl, options, images}) {
    const labelled = images === null ? undefined : await fetchImages(images);
    return compareModels(tf.io.http(modelUrl), {...options, images: labelled, onProgress});
  },
  measureMachine: () => measureMachine({onProgress}),
  waterline: ({modelUrl, options}) => modelWaterline(tf.io.http(modelUrl), {...options, onProgress}),
};

async function fetchImages({url, ...rest}: NonNullable<CompareRequest['images']>): Promise<LabelledImages> {
  const response = await fetch(url);
  return {...rest, pixels: new Float32Array(await response.arrayBuffer())};
}

globalThis.doTask = async (name, request) => {
  try {
    return {result: await tasks[name](request)};
  } catch (error) {
    return {
      message: error instanceof Error ? error.message : String(error),
      code: error instanceof BlockFusionError ? error.code : null,
    };
  }
};
