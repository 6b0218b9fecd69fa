import '@tensorflow/tfjs-backend-wasm';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {refuseWhereHeapEnds} from '../../web/src/run/wasmHeap.ts';

interface BackendWasm {
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
  disposeData(dataId: object): boolean;
}

/** 1.2 GB: three fit into a heap of 4 GiB, and none is touched. */
const SHAPE = [3e8];

describe('refuseWhereHeapEnds', () => {
  it('is an error where the heap has no room, after which the backend goes on', async () => {
    await tf.setBackend('wasm');
    refuseWhereHeapEnds(tf.backend());
    const backend = tf.backend() as unknown as BackendWasm;
    const made: TensorInfo[] = [];
    expect(() => {
      for (let i = 0; i < 8; i++) made.push(backend.makeOutput(SHAPE, 'float32'));
    }).toThrow(/^the wasm heap: must have room for 1200000000 bytes more/);
    expect(made.length).toBeLessThan(4);
    for (const {dataId} of made) backend.disposeData(dataId);
    expect(Array.from(tf.add([1, 2], [3, 4]).dataSync())).toEqual([4, 6]);
  });
});
