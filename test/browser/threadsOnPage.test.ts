/** Threads of the wasm kernel: on an isolated page there are some, on a plain one there is a reason. */
import * as tf from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {predictMany} from '../helpers/manyPredictions.ts';
import {ENGINE, FIXTURES, PAGE_IS_ISOLATED, TFJS_WASM} from '../helpers/page.ts';
import {threadsSuite} from '../suites/threads.ts';

const MODEL = `${FIXTURES}keras-convnext/model.json`;

const PREDICTIONS = {
  model: `${location.origin}${FIXTURES}keras-convfirst/model.json`,
  wasmPath: TFJS_WASM,
  times: 1000,
};
const PLAIN = {count: 1, reason: 'the page is not cross-origin isolated'};
const EXPECTED = {
  threads: PAGE_IS_ISOLATED ? {count: 2, reason: null} : PLAIN,
  different: 0,
  left: {tensors: 0, dataBuffers: 0},
};

/** A share of the blocks, larger in Chromium: engines differ in their workers and atomics, not in how a block is cut into steps. */
if (PAGE_IS_ISOLATED) threadsSuite({every: ENGINE === 'chromium' ? 3 : 9});

describe('the threads of a loaded model', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it(PAGE_IS_ISOLATED ? 'are as many as tfjs takes' : 'are one, with the reason, on a plain page', async () => {
    const model = await loadFusedGraphModel(MODEL);
    expect(model.fusionReport.threads).toEqual(
      PAGE_IS_ISOLATED ? {count: 2, reason: null} : {count: 1, reason: 'the page is not cross-origin isolated'},
    );
    model.dispose();
  });

  it('are as many as are asked for', async () => {
    for (const threads of [1, 3]) {
      const model = await loadFusedGraphModel(MODEL, {threads});
      expect(model.fusionReport.threads!.count).toBe(PAGE_IS_ISOLATED ? threads : 1);
      model.dispose();
    }
  });

  it('compute the same bits 1,000 times, from the page', async () => {
    expect(await predictMany(PREDICTIONS)).toEqual(EXPECTED);
  });

  it('compute the same bits 1,000 times, from a Worker', async () => {
    const worker = new Worker('/worker/predictions.js');
    const answer = await new Promise<unknown>((resolve) => {
      worker.onmessage = ({data}): void => {
        resolve(data);
      };
      worker.onerror = ({message}): void => {
        resolve({error: message});
      };
      worker.postMessage(PREDICTIONS);
    });
    worker.terminate();
    expect(answer).toEqual({counts: EXPECTED});
  });

  it('end with the backend, and start with the next one', async () => {
    const factory = tf.findBackendFactory('wasm');
    (await loadFusedGraphModel(MODEL, {threads: 3})).dispose();
    const ended: Worker[] = [];
    const terminate = Object.getOwnPropertyDescriptor(Worker.prototype, 'terminate')!;
    Object.defineProperty(Worker.prototype, 'terminate', {
      ...terminate,
      value(this: Worker) {
        ended.push(this);
        (terminate.value as () => void).call(this);
      },
    });
    try {
      tf.removeBackend('wasm');
      // Workers end a little later than this returns.
      await new Promise((resolve) => setTimeout(resolve));
      const ours = PAGE_IS_ISOLATED ? 2 : 0;
      expect(ended.length).toBeGreaterThanOrEqual(ours);
    } finally {
      Object.defineProperty(Worker.prototype, 'terminate', terminate);
      tf.registerBackend('wasm', factory, 3);
      await tf.setBackend('wasm');
    }
    const model = await loadFusedGraphModel(MODEL);
    expect(model.fusionReport.threads!.count).toBe(PAGE_IS_ISOLATED ? 2 : 1);
    model.dispose();
  });
});
