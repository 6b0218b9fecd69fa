/**
 * @jest-environment ./test/helpers/webgpuEnvironment.ts
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {webgpuBlockKernel} from '../../ops/webgpu/kernel.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import type {GraphDef} from '../../src/graph/graphDef.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {warmup} from '../../src/load/warmup.ts';
import {expectClose} from '../helpers/closeness.ts';
import {readFixture} from '../helpers/fixtures.ts';
import {atDefaultLimits, describeWebGPU, renewBackend} from '../helpers/webgpu.ts';

const SMALL = 'torch-convfirst';
const BLOCKS = 4;

/** Returns the model with the size of its input left open. */
function withOpenSize(artifacts: io.ModelArtifacts): io.ModelArtifacts {
  const {node, ...def} = artifacts.modelTopology as GraphDef;
  const open = node.map((each) => (each.op === 'Placeholder' ? {...each, attr: {dtype: each.attr!['dtype']!}} : each));
  return {...artifacts, signature: {}, userDefinedMetadata: {}, modelTopology: {...def, node: open}};
}

describeWebGPU(
  'kernels are compiled before they are needed',
  () => {
    beforeEach(() => renewBackend(atDefaultLimits));

    /** Runs the model on its fixture's input, checks the output, and returns how many blocks ran fused. */
    async function fusedRuns(model: GraphModel): Promise<number> {
      const {input, golden} = await readFixture(SMALL);
      const x = tf.tensor(input.data, input.shape);
      let y = x;
      const {kernels} = await tf.profile(() => (y = model.predict(x) as Tensor));
      expectClose(await y.data(), golden.data, 1e-5);
      tf.dispose([x, y]);
      return kernels.filter(({name}) => name === FUSED_RESIDUAL_BLOCK).length;
    }

    it('by the loader where sizes are known: the first prediction is fused, and the report has the plans', async () => {
      const {artifacts, input} = await readFixture(SMALL);
      const model = await loadFusedGraphModel({load: () => Promise.resolve(artifacts)}, {inputShape: input.shape});
      expect(model.fusionReport.blocks.map(({plan}) => plan)).toEqual(
        Array.from({length: BLOCKS}, () => expect.stringMatching(/^(one pass|two passes|three passes) /) as unknown),
      );
      expect(await fusedRuns(model)).toBe(BLOCKS);
      model.dispose();
    });

    it('in the background where they are not: stock ops compute meanwhile', async () => {
      const artifacts = withOpenSize((await readFixture(SMALL)).artifacts);
      const model = await loadFusedGraphModel({load: () => Promise.resolve(artifacts)});
      expect(model.fusionReport.blocks.map(({plan}) => plan)).toEqual(Array(BLOCKS).fill(undefined));
      expect(await fusedRuns(model)).toBe(0);
      await webgpuBlockKernel.settled!(tf.backend());
      expect(await fusedRuns(model)).toBe(BLOCKS);
      model.dispose();
    });

    it('by warmup, which counts the pipelines and leaves no tensor', async () => {
      const {artifacts, input} = await readFixture(SMALL);
      const model = await loadFusedGraphModel({load: () => Promise.resolve(withOpenSize(artifacts))});
      const {numTensors} = tf.memory();
      const {pipelines} = await warmup(model, input.shape);
      expect(pipelines).toBeGreaterThanOrEqual(3); // two blocks of the four are alike
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(await fusedRuns(model)).toBe(BLOCKS);
      model.dispose();
    });

    it('and a warmup that fails leaves the backend as it was', async () => {
      const {artifacts, input} = await readFixture(SMALL);
      const model = await loadFusedGraphModel({load: () => Promise.resolve(artifacts)}, {inputShape: input.shape});
      await expect(warmup(model, input.shape.slice(1))).rejects.toThrow();
      expect(tf.env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')).toBe(false);
      expect(await fusedRuns(model)).toBe(BLOCKS);
      model.dispose();
    });
  },
  atDefaultLimits,
);
