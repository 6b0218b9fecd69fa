import '@tensorflow/tfjs-backend-cpu';
import {completeRun} from '../../src/run/runs.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {artifactsOf} from '../helpers/smallGraphs.ts';
import {onSendingBackend, READ_MS} from '../helpers/sendingBackend.ts';

const RELU = artifactsOf({inputs: {x: [2]}, nodes: {out: ['Relu', ['x']]}});

/** Whether a timed run returns before its end, how long it takes, and how many tensors it leaves. */
async function timedRun(): Promise<{goesOn: boolean; ms: number; left: number}> {
  const model = await tf.loadGraphModel(tf.io.fromMemory(RELU));
  const x = tf.tensor([-1, 1]);
  const {numTensors} = tf.memory();
  const start = performance.now();
  const running = completeRun(model, {x})();
  await running;
  const run = {goesOn: running !== undefined, ms: performance.now() - start, left: tf.memory().numTensors - numTensors};
  x.dispose();
  model.dispose();
  return run;
}

describe('a timed run', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is over when it returns, where work is done at once', async () => {
    expect(await timedRun()).toMatchObject({goesOn: false, left: 0});
  });

  it('is over when its outputs were read, where work is only sent', async () => {
    const {ms, ...run} = await onSendingBackend(timedRun);
    expect(run).toEqual({goesOn: true, left: 0});
    expect(ms).toBeGreaterThanOrEqual(READ_MS);
  });
});
