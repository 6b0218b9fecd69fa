/** Threads of the wasm kernel: on an isolated page there are some, on a plain one there is a reason. */
import * as tf from '@tensorflow/tfjs-core';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {FIXTURES, PAGE_IS_ISOLATED} from '../helpers/page.ts';
import {threadsSuite} from '../suites/threads.ts';

const MODEL = `${FIXTURES}keras-convnext/model.json`;

if (PAGE_IS_ISOLATED) threadsSuite();

describe('the threads of a loaded model', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it(PAGE_IS_ISOLATED ? 'are as many as tfjs takes' : 'are one, with the reason, on a plain page', async () => {
    const model = await loadFusedGraphModel(MODEL);
    expect(model.fusionReport.threads).toEqual(
      PAGE_IS_ISOLATED
        ? {count: 2, reason: null}
        : {count: 1, reason: 'the page is not cross-origin isolated: it lacks the headers COOP and COEP'},
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
});
