import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
// Registers the gradients of stock ops, which tfjs-core alone does not.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {blockSpec, type BlockSpec, describeBlock} from '../../ops/block.ts';
import {packFloat16Params} from '../../ops/float16Params.ts';
import {fusedResidualBlock} from '../../ops/op.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {forceSimdLevel} from '../../ops/wasm/module.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {LAYERED_BLOCKS, randomParams, SMALL_BLOCKS, toleranceOf} from '../helpers/blockCases.ts';

const [{spec}] = SMALL_BLOCKS as [(typeof SMALL_BLOCKS)[0]];

interface HeapCalls {
  _malloc: (bytes: number) => number;
  _free: (address: number) => void;
}
const heap = (): HeapCalls => (tf.backend() as unknown as {wasm: HeapCalls}).wasm;

function inputsOf(block: BlockSpec, [batch, height, width]: [number, number, number]) {
  const values = randomFloats(batch * height * width * block.inChannels, {seed: 1});
  const weights = randomParams(block, 2);
  return {
    values,
    weights,
    x: tf.tensor4d(values, [batch, height, width, block.inChannels]),
    params: tf.tensor1d(weights),
  };
}

beforeAll(() => {
  registerBlockFusion();
});

describe.each(['cpu', 'wasm'])('fusedResidualBlock on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  it('agrees with the float64 loops', () => {
    for (const {spec: block, height, width} of LAYERED_BLOCKS)
      tf.tidy(() => {
        const {values, weights, x, params} = inputsOf(block, [2, height, width]);
        const y = fusedResidualBlock(x, params, block);
        const expected = referenceBlock(block, {x: values, batch: 2, height, width}, weights);
        expectClose(y.dataSync(), expected, toleranceOf(block));
      });
  });

  it('leaves nothing behind but its result', () => {
    const {x, params} = inputsOf(spec, [1, 9, 7]);
    const before = tf.memory();
    for (let i = 0; i < 5; i++) fusedResidualBlock(x, params, spec).dispose();
    expect(tf.memory()).toEqual(before);
    tf.dispose([x, params]);
  });

  it('says what is wrong with its inputs', () => {
    tf.tidy(() => {
      const {x, params} = inputsOf(spec, [1, 9, 7]);
      const call =
        (input: tf.Tensor, weights: tf.Tensor = params) =>
        () =>
          fusedResidualBlock(input as tf.Tensor4D, weights as tf.Tensor1D, spec);
      expect(call(tf.cast(x, 'int32'))).toThrow('x must be float32, got int32; cast it');
      expect(call(tf.reshape(x, [9, 7, 16]))).toThrow('x must have rank 4');
      expect(call(tf.reshape(x, [1, 9, 14, 8]))).toThrow('x must have 16 channels, last, got [1,9,14,8]');
      expect(call(tf.zeros([0, 9, 7, 16]))).toThrow('x must not be empty');
      expect(call(x, tf.slice(params, 0, 8))).toThrow(
        /params must be a float32 vector of length \d+, got float32 \[8\]/,
      );
      expect(call(x, tf.reshape(params, [1, -1]))).toThrow('params must be a float32 vector');
      expect(() => fusedResidualBlock(x, params, {...spec, stride: 3 as 1})).toThrow('BlockSpec: stride');
    });
  });

  it('refuses params of layout 2, which it cannot read', () => {
    tf.tidy(() => {
      const {x, weights} = inputsOf(spec, [1, 9, 7]);
      const pairs: tf.Tensor1D = tf.tensor1d(packFloat16Params(weights), 'int32');
      expect(() => fusedResidualBlock(x, pairs, spec)).toThrow(
        `FusedResidualBlock on ${backend}: params must be float32: only backend 'webgpu' reads float16 pairs`,
      );
    });
  });
});

describe('on wasm', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('runs as one kernel, and gives its scratch back', async () => {
    const {x, params} = inputsOf(spec, [1, 9, 7]);
    const calls = {malloc: 0, free: 0};
    const {_malloc, _free} = heap();
    const live = new Set<number>();
    heap()._malloc = (bytes) => {
      calls.malloc++;
      const address = _malloc(bytes);
      live.add(address);
      return address;
    };
    heap()._free = (address) => {
      calls.free++;
      live.delete(address);
      _free(address);
    };
    try {
      const profile = await tf.profile(() => fusedResidualBlock(x, params, spec));
      expect(profile.kernels.map(({name}) => name)).toEqual(['FusedResidualBlock']);
      tf.dispose(profile.result);
      expect(calls).toEqual({malloc: 2, free: 2});
      expect(live.size).toBe(0);
    } finally {
      Object.assign(heap(), {_malloc, _free});
      tf.dispose([x, params]);
    }
  });

  it('says so when the allocator refuses, and loses nothing', () => {
    const {x, params} = inputsOf(spec, [1, 9, 7]);
    const before = tf.memory();
    const {_malloc} = heap();
    heap()._malloc = () => 0;
    try {
      expect(() => fusedResidualBlock(x, params, spec)).toThrow(/the wasm heap must have \d+ bytes for scratch/);
    } finally {
      heap()._malloc = _malloc;
    }
    expect(tf.memory()).toEqual(before);
    tf.dispose([x, params]);
  });

  it('goes on after the heap has grown', () => {
    tf.tidy(() => {
      const {values, weights, x, params} = inputsOf(spec, [1, 9, 7]);
      fusedResidualBlock(x, params, spec);
      const large = tf.zeros([64 * 2 ** 20]);
      const y = fusedResidualBlock(x, params, spec);
      large.dispose();
      const expected = referenceBlock(spec, {x: values, batch: 1, height: 9, width: 7}, weights);
      expectClose(y.dataSync(), expected, toleranceOf(spec));
    });
  });

  it('has no gradient, and says where there is one', () => {
    tf.tidy(() => {
      const {x, params} = inputsOf(spec, [1, 9, 7]);
      const gradient = tf.grad((input) => tf.sum(fusedResidualBlock(input as tf.Tensor4D, params, spec)));
      expect(() => gradient(x)).toThrow("backend with the convolution gradients, got backend 'wasm'; train on 'cpu'");
    });
  });

  it('runs on stock ops without SIMD, and says so once', async () => {
    const said = jest.spyOn(console, 'info').mockImplementation(() => undefined);
    await restartWasm(null);
    try {
      for (let run = 0; run < 3; run++) {
        const {values, weights, x, params} = inputsOf(spec, [1, 9, 7]);
        const {kernels, result} = await tf.profile(() => fusedResidualBlock(x, params, spec));
        expect(kernels.map(({name}) => name)).not.toContain('FusedResidualBlock');
        const y = await (result as tf.Tensor).data();
        expectClose(y, referenceBlock(spec, {x: values, batch: 1, height: 9, width: 7}, weights), toleranceOf(spec));
      }
      expect(said.mock.calls).toEqual([
        [expect.stringContaining("on stock ops on backend 'wasm': this engine has no WebAssembly SIMD")],
      ]);
    } finally {
      said.mockRestore();
      await restartWasm(undefined);
    }
  });
});

/** A new wasm backend, whose kernels see this SIMD level; undefined is the engine's own. */
async function restartWasm(level: null | undefined): Promise<void> {
  const factory = tf.findBackendFactory('wasm');
  await tf.setBackend('cpu');
  tf.removeBackend('wasm');
  forceSimdLevel(level);
  tf.registerBackend('wasm', factory, 2);
  await tf.setBackend('wasm');
}

describe('the gradient on cpu', () => {
  beforeAll(() => tf.setBackend('cpu'));

  const GRADIENT_SPECS: readonly BlockSpec[] = [
    {...spec, inChannels: 8, hiddenChannels: 8, outChannels: 8, kernelSize: [3, 3]},
    {
      ...spec,
      inChannels: 3,
      hiddenChannels: 5,
      outChannels: 3,
      groupWidth: 1,
      layerNormEpsilon: 1e-2,
      hiddenActivation: 'gelu',
    },
    {
      ...spec,
      inChannels: 4,
      hiddenChannels: 6,
      outChannels: 5,
      groupWidth: 1,
      order: 'expand-first',
      residual: false,
      stride: 2,
      spatialActivation: 'silu',
    },
  ];

  it.each(GRADIENT_SPECS.map((fields) => [describeBlock(fields), blockSpec(fields)] as const))(
    'agrees with numeric differences: %s',
    (_, block) => {
      const size = {batch: 1, height: 4, width: 3};
      tf.tidy(() => {
        const {values, weights, x, params} = inputsOf(block, [1, 4, 3]);
        const y = fusedResidualBlock(x, params, block);
        const weighting = randomFloats(y.size, {seed: 9});
        const loss = (input: tf.Tensor, p: tf.Tensor): tf.Scalar =>
          tf.sum(
            tf.mul(fusedResidualBlock(input as tf.Tensor4D, p as tf.Tensor1D, block), tf.tensor(weighting, y.shape)),
          );
        const [dx, dp] = tf.grads(loss)([x, params]) as [tf.Tensor, tf.Tensor];

        const exactLoss = (input: Float32Array, p: Float32Array): number =>
          referenceBlock(block, {x: input, ...size}, p).reduce((sum, value, i) => sum + value * weighting[i]!, 0);
        // Central differences of the float64 loops; h is a power of two, so that x ± h is exact enough in float32.
        const h = 2 ** -9;
        const numeric = (array: Float32Array, at: (changed: Float32Array) => number): Float64Array =>
          Float64Array.from(array, (value, i) => {
            const [more, less] = [Float32Array.from(array), Float32Array.from(array)];
            more[i] = value + h;
            less[i] = value - h;
            return (at(more) - at(less)) / (more[i] - less[i]);
          });
        // The second-order error of the differences, h² times a third derivative of order ten.
        expectClose(
          dx.dataSync(),
          numeric(values, (input) => exactLoss(input, weights)),
          2e-4,
        );
        // A difference in the padding of params moves nothing, nor does the gradient.
        expectClose(
          dp.dataSync(),
          numeric(weights, (p) => exactLoss(values, p)),
          2e-4,
        );
      });
    },
  );
});
