/** The converted models of test/fixtures, fused and run against their golden outputs; for Node and for the browser. */
import type {io, Tensor} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {warmup} from '../../src/load/warmup.ts';
import {expectClose} from '../helpers/closeness.ts';

/** The most by which an output may differ from golden: float32; float16 weights; uint8 weights, where stock is 0.048 off. */
const FLOAT32 = 1e-5;
const FLOAT16 = 5e-3;
const UINT8 = 0.05;

export interface FixtureCase {
  readonly name: string;
  /** Blocks to fuse. */
  readonly blocks: number;
  readonly tolerance: number;
}

export const FIXTURE_CASES: readonly FixtureCase[] = [
  {name: 'keras-convnext', blocks: 6, tolerance: FLOAT32},
  {name: 'keras-convnext-static', blocks: 6, tolerance: FLOAT32},
  {name: 'keras-convnext-f16', blocks: 6, tolerance: FLOAT16},
  {name: 'keras-convnext-u8', blocks: 6, tolerance: UINT8},
  {name: 'keras-convnext-depthwise', blocks: 4, tolerance: FLOAT32},
  {name: 'keras-convfirst', blocks: 7, tolerance: FLOAT32},
  {name: 'keras-mbconv-grouped', blocks: 4, tolerance: FLOAT32},
  {name: 'keras-mobilenetv2', blocks: 17, tolerance: FLOAT32},
  {name: 'torch-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'torch-convnext-convmlp', blocks: 4, tolerance: FLOAT32},
  {name: 'keras3-convnext', blocks: 5, tolerance: FLOAT32},
  {name: 'keras3-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'flax-convnext', blocks: 4, tolerance: FLOAT32},
  {name: 'flax-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'real-efficientnet', blocks: 10, tolerance: FLOAT32},
  {name: 'real-mobilenetv3', blocks: 11, tolerance: FLOAT32},
  {name: 'real-mobilenetv1', blocks: 4, tolerance: FLOAT32},
  {name: 'real-blaze-relu', blocks: 6, tolerance: FLOAT32},
  {name: 'real-blaze-prelu', blocks: 6, tolerance: FLOAT32},
  {name: 'real-convnextv2', blocks: 4, tolerance: FLOAT32},
  {name: 'real-layernorm-default-epsilon', blocks: 3, tolerance: FLOAT32},
];

/** Those that stand for all where a test is costly: conv-first with groups, conv-first with LayerNorm, expand-first. */
export const WASM_MODELS: readonly string[] = ['keras-convfirst', 'keras-convnext', 'keras-mobilenetv2'];
/** The same, smaller, for where every run is slow. */
export const WEBGPU_MODELS: readonly string[] = ['torch-convfirst', 'keras-convnext-depthwise', 'keras-mbconv-grouped'];
/** Of blocks in two sweeps, in which one NaN reaches all of an image: tests of where it goes are of the others. */
export const GLOBAL_MODELS: readonly string[] = ['real-convnextv2', 'real-efficientnet'];

export interface Numbers {
  readonly shape: number[];
  readonly data: Float32Array;
}

export interface Fixture {
  readonly handler: io.IOHandler;
  readonly input: Numbers;
  readonly golden: Numbers;
}

/** Runs every fixture on tfjs's current backend, each block by its fused kernel. */
export function fixtureSuite(read: (name: string) => Promise<Fixture>): void {
  for (const {name, blocks, tolerance} of FIXTURE_CASES)
    it(`${name} gives its golden output`, async () => {
      const {handler, input, golden} = await read(name);
      const model = await loadFusedGraphModel(handler, {blocks: 'all'});
      expect(model.fusionReport.blocks.length).toBe(blocks);
      await warmup(model, input.shape);

      const x = tf.tensor(input.data, input.shape);
      let y = x;
      const {kernels} = await tf.profile(() => (y = model.predict(x) as Tensor));
      expect(kernels.filter((kernel) => kernel.name === FUSED_RESIDUAL_BLOCK).length).toBe(blocks);
      expect(y.shape).toEqual(golden.shape);
      expectClose(await y.data(), golden.data, tolerance);
      tf.dispose([x, y]);
      model.dispose();
    });
}
