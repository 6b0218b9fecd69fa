/** Predictions of one model, over and over, on the wasm backend and its threads: from a page, or from a Worker. */
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {memory, randomUniform, setBackend, type Tensor} from '@tensorflow/tfjs-core';
import type {ThreadCount} from '../../ops/blockKernel.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';

/** Plain values, which a Worker can be sent. */
export interface ManyPredictions {
  readonly model: string;
  readonly wasmPath: string;
  readonly times: number;
}

export interface PredictionCounts {
  readonly threads: ThreadCount;
  /** Predictions whose bits are not those of a model on one thread. */
  readonly different: number;
  /** What is left over after them. */
  readonly left: {readonly tensors: number; readonly dataBuffers: number};
}

/** Predicts so many times on as many threads as tfjs takes. */
export async function predictMany({model: url, wasmPath, times}: ManyPredictions): Promise<PredictionCounts> {
  setWasmPaths(wasmPath);
  await setBackend('wasm');
  const x = randomUniform([1, 48, 48, 3], -1, 1, 'float32', 3);
  const alone = await loadFusedGraphModel(url, {threads: 1});
  const expected = await words(alone.predict(x) as Tensor);
  alone.dispose();

  const model = await loadFusedGraphModel(url, {threads: 2});
  const before = memory();
  let different = 0;
  for (let i = 0; i < times; i++) {
    const got = await words(model.predict(x) as Tensor);
    if (!expected.every((word, at) => word === got[at])) different++;
  }
  const after = memory();
  const left = {
    tensors: after.numTensors - before.numTensors,
    dataBuffers: after.numDataBuffers - before.numDataBuffers,
  };
  model.dispose();
  x.dispose();
  return {threads: model.fusionReport.threads!, different, left};
}

/** Returns the bits of a tensor's values, and disposes it. */
async function words(tensor: Tensor): Promise<Uint32Array> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return new Uint32Array(values.slice().buffer);
}
