/** How long a model takes to load, by stock tfjs and fused, in turns in one process or page. */
import type {io} from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import type {Pair} from '../../src/run/pair.ts';

/** Loads of each side before those that are timed. */
const WARMUPS = 2;

export interface LoadRequest {
  /** Where model.json is: a folder, or for a page a URL. */
  readonly model: string;
  /** Timed loads of each side. */
  readonly runs: number;
}

/** Returns the milliseconds of every load, on the wasm backend, which must be tfjs's current one. */
export async function loadTimes({runs}: LoadRequest, handler: io.IOHandler): Promise<Pair<number[]>> {
  registerBlockFusion();
  const ms: Pair<number[]> = {stock: [], fused: []};
  for (let run = -WARMUPS; run < runs; run++) {
    const stock = await timed(() => tf.loadGraphModel(handler));
    const fused = await timed(() => loadFusedGraphModel(handler));
    if (run < 0) continue;
    ms.stock.push(stock);
    ms.fused.push(fused);
  }
  return ms;
}

async function timed(load: () => Promise<{dispose(): unknown}>): Promise<number> {
  const start = performance.now();
  const model = await load();
  const ms = performance.now() - start;
  model.dispose();
  return ms;
}
