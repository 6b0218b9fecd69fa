/**
 * Float16 on a device that has it, as far as a device that computes nothing can tell: its shaders compile, its dispatches are
 * sound, and a model loads and runs by them.
 * @jest-environment ./test/helpers/nullWebGPUEnvironment.ts
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import {blockSpec} from '../../../ops/block.ts';
import {DEFAULT_TRAITS, type DeviceTraits, traitsOf} from '../../../ops/webgpu/planner/device.ts';
import {planBlock} from '../../../ops/webgpu/planner/plan.ts';
import type {Variant} from '../../../ops/webgpu/planner/variant.ts';
import {Pipelines} from '../../../ops/webgpu/provenPlans.ts';
import {shaderText} from '../../../ops/webgpu/wgsl/shaders.ts';
import {ALL_TFJS as tf} from '../../../src/run/allTfjs.ts';
import {loadFusedGraphModel} from '../../../src/load/load.ts';
import {createFusedWebGPUBackend} from '../../../src/webgpu/createBackend.ts';
import {fixtureFolder} from '../../helpers/fixtures.ts';
import {type BlockCase, LAYERED_BLOCKS, MODEL_BLOCKS, PART_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';
import {webgpuBackend} from '../../helpers/webgpu.ts';

const BLOCKS = [...SMALL_BLOCKS, ...LAYERED_BLOCKS, ...MODEL_BLOCKS, ...PART_BLOCKS];

/** The shaders of every plan of a block, in float16. */
function variantsOf({spec, height, width}: BlockCase, traits: DeviceTraits): Variant[] {
  const plans = planBlock({spec: blockSpec(spec), size: {batch: 1, height, width}, precision: 'float16'}, traits);
  if (typeof plans === 'string') throw new Error(plans);
  return plans.flatMap(({passes}) => passes.map(({variant}) => variant));
}

/** Returns what came of a block's shaders: how many stand, and why others do not. */
async function proved(pipelines: Pipelines, block: BlockCase): Promise<{stand: number; refusals: string[]}> {
  const traits = traitsOf(webgpuBackend().device);
  const proofs = await Promise.all(variantsOf(block, traits).map((variant) => pipelines.prove(variant)));
  const refusals = proofs.flatMap((proof) => ('refusal' in proof ? [proof.refusal] : []));
  return {stand: proofs.length - refusals.length, refusals};
}

/** Sums of several parts are float32, and so are joined in the weights' memory only where that is float32 too. */
function withoutJoined(text: string): string {
  return text
    .replace(/\nvar<workgroup> joined: .*/, '')
    .replace(/(var<workgroup> weights: array<vec4<f32>), \d+>/, '$1>')
    .replaceAll('joined[', 'weights[');
}

describe('shaders in float16', () => {
  it('are refused by a device without shader-f16', async () => {
    await createFusedWebGPUBackend();
    const {stand, refusals} = await proved(new Pipelines(webgpuBackend().device), LAYERED_BLOCKS[0]!);
    expect(stand).toBe(0);
    expect(refusals[0]).toContain('f16');
  });

  it('compile on a device with it, for every plan of every block', async () => {
    const {features} = await createFusedWebGPUBackend({precision: 'float16'});
    expect(features).toContain('shader-f16');
    const pipelines = new Pipelines(webgpuBackend().device);
    for (const block of BLOCKS) {
      const {stand, refusals} = await proved(pipelines, block);
      expect(refusals).toEqual([]);
      expect(stand).toBeGreaterThan(0);
    }
  });

  // What runs in float32 is held to the float64 loops, plan by plan: so float16 has no arithmetic of its own to be wrong in.
  it('are those of float32, but for the type that weights and workgroup memory have', () => {
    for (const variant of BLOCKS.flatMap((block) => variantsOf(block, DEFAULT_TRAITS))) {
      const half = shaderText(variant);
      expect(half).toMatch(/^enable f16;/);
      expect(half).toContain('params: array<vec4<f16>>');
      const widened = half.replace(/^enable f16;\s*/, '').replaceAll('f16', 'f32');
      expect(withoutJoined(widened)).toBe(withoutJoined(shaderText({...variant, precision: 'float32'})));
    }
  });
});

describe('a model in float16', () => {
  beforeAll(async () => {
    await createFusedWebGPUBackend({precision: 'float16'});
  });

  it('runs by its fused kernels, every command sound, and leaves nothing behind', async () => {
    const before = tf.memory().numTensors;
    const {device} = webgpuBackend();
    const model = await loadFusedGraphModel(fixtureFolder('keras-convnext'), {
      tf,
      blocks: 'all',
      precision: 'float16',
      inputShape: [1, 32, 32, 3],
      warmup: true,
    });
    const {blocks, inFloat32} = model.fusionReport;
    expect(inFloat32).toEqual([]);
    device.pushErrorScope('validation');
    const x = tf.zeros([1, 32, 32, 3]);
    const {kernels, result} = await tf.profile(() => model.predict(x));
    expect(kernels.filter(({name}) => name === 'FusedResidualBlock')).toHaveLength(blocks.length);
    await (result as Tensor).data();
    expect(await device.popErrorScope()).toBeNull();
    tf.dispose([x, result]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
