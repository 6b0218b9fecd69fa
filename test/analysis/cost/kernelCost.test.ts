/** @jest-environment ./test/helpers/webgpuEnvironment.ts */
/**
 * Every rule against a count that knows nothing of it: tfjs runs the kernel, so that names, shapes and attrs are its own, and
 * loops that do the same sum say how many steps they took, or the numbers are worked out by hand beside the case.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {blockSpec} from '../../../ops/block.ts';
import {COSTED_KERNELS, kernelCost} from '../../../src/analysis/cost/kernelCost.ts';
import {traceRun, type TracedKernel} from '../../../src/analysis/trace.ts';
import {ALL_TFJS as tf} from '../../../src/run/allTfjs.ts';
import {describeWebGPU} from '../../helpers/webgpu.ts';
import {CASES} from './cases/all.ts';
import {type Case, loops, tensor, titleOf} from './cases/case.ts';

/** A kernel's call as an op makes it; of several kernels of that name, the last. */
async function callOf(kernel: string, run: Case['run']): Promise<TracedKernel> {
  const {kernels} = await traceRun(
    () => {
      tf.dispose(tf.tidy(run));
    },
    {runs: 1},
  );
  const call = [...kernels].reverse().find(({name}) => name === kernel);
  if (call === undefined) throw new Error(`ran ${kernels.map(({name}) => name).join(', ')}`);
  return call;
}

function itCostsWhatIsCounted(backend: string): void {
  const kernels = new Set(tf.getKernelsForBackend(backend).map(({kernelName}) => kernelName));
  const cases = CASES.filter(({kernel, notOn = []}) => kernels.has(kernel) && !notOn.includes(backend));

  test.each(cases.map((each) => ({...each, title: titleOf(each)})))(
    '$title',
    async ({kernel, run, macs = 0, ops = 0, moved}) => {
      expect(kernelCost(await callOf(kernel, run))).toEqual({macs, ops: 2 * macs + ops, bytes: 4 * moved});
    },
  );
}

describe.each(['cpu', 'wasm'])('what a kernel costs on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));
  itCostsWhatIsCounted(backend);
});

describeWebGPU('what a kernel costs on webgpu', () => {
  itCostsWhatIsCounted('webgpu');
});

describe('what a kernel costs', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is tested for every kernel that has a rule', () => {
    const tested = new Set(CASES.map(({kernel}) => kernel));
    expect(COSTED_KERNELS.filter((name) => !tested.has(name))).toEqual([]);
  });

  it('counts a tensor once that a kernel gets twice', async () => {
    const square = await callOf('Multiply', () => {
      const x = tensor(3, 4);
      return tf.mul(x, x);
    });
    expect(kernelCost(square)).toEqual({macs: 0, ops: 12, bytes: 4 * (12 + 12)});
  });

  it('is nothing where the output is the input’s own memory', async () => {
    const cast = await callOf('Cast', () => tf.cast(tensor(3, 4), 'float32'));
    expect(kernelCost(cast)).toEqual({macs: 0, ops: 0, bytes: 0});
  });

  it('of a fused block is its three layers, and x, params and y', () => {
    const spec = blockSpec({
      ...{order: 'conv-first', inChannels: 8, hiddenChannels: 16, outChannels: 8, kernelSize: [3, 3], stride: 1},
      ...{padding: 'same', groupWidth: 8, layerNormEpsilon: null, spatialActivation: 'linear'},
      ...{hiddenActivation: 'silu', residual: true},
    });
    const macs = loops(4, 5, 8, 3, 3, 8) + loops(4, 5, 16, 8) + loops(4, 5, 8, 16);
    const params = 3 * 3 * 8 * 8 + 8 + (8 * 16 + 16) + (16 * 8 + 8);
    const call = {
      ...{name: 'FusedResidualBlock', inputShapes: {x: [1, 4, 5, 8], params: [params]}, attrs: {}},
      ...{outputShapes: [[1, 4, 5, 8]], block: {spec, size: {batch: 1, height: 4, width: 5}}},
    };
    expect(kernelCost(call)).toEqual({macs, ops: 2 * macs, bytes: 4 * (160 + params + 160)});
    expect(kernelCost({...call, block: null})).toBeNull();
  });

  it.each(['NonMaxSuppressionV3', 'Unique', 'constructor'])('is not known of %s', (name) => {
    expect(kernelCost({name, inputShapes: {x: [4]}, outputShapes: [[4]], attrs: {}})).toBeNull();
  });

  it('is not known of a call that a rule does not know', () => {
    const einsum = {name: 'Einsum', inputShapes: {0: [2, 2]}, outputShapes: [[2]], attrs: {equation: '...a->a'}};
    expect(kernelCost(einsum)).toBeNull();
    expect(kernelCost({name: 'Conv2D', inputShapes: {x: [1, 2, 2, 3]}, outputShapes: [[1]], attrs: {}})).toBeNull();
    expect(kernelCost({name: 'MaxPool', inputShapes: {x: [1, 2, 2, 3]}, outputShapes: [[1]], attrs: {}})).toBeNull();
  });
});
