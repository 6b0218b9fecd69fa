/** What a device refuses, and a device that is lost: the numbers stay right, or an error says what is. For Node and for Chromium. */
import type {Tensor4D} from '@tensorflow/tfjs-core';
import type {BlockProblem} from '../../ops/blockKernel.ts';
import type {BlockFusionError} from '../../ops/errors.ts';
import {fusedResidualBlock} from '../../ops/op.ts';
import {referenceBlock} from '../../ops/reference/loops.ts';
import {DEFAULT_TRAITS, type DeviceTraits} from '../../ops/webgpu/planner/device.ts';
import {webgpuBlockKernel} from '../../ops/webgpu/kernel.ts';
import type {WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {shaderText} from '../../ops/webgpu/wgsl/shaders.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {atDefaultLimits, describeWebGPU, renewBackend, webgpuBackend} from '../helpers/webgpu.ts';
import {MODEL_BLOCKS, randomParams, toleranceOf} from '../helpers/blockCases.ts';
import {plansOf} from '../helpers/forcedPlans.ts';

const PROBLEMS = MODEL_BLOCKS.map(({spec, height, width}): BlockProblem => ({
  spec,
  size: {batch: 1, height, width},
  precision: 'float32',
}));
/** A ConvNeXt block: it has plans of one, two and three passes. */
const [CONVNEXT] = PROBLEMS as [BlockProblem];

/** Twice the workgroup memory that a device at default limits has. */
const TOO_MUCH: DeviceTraits = {...DEFAULT_TRAITS, workgroupBytes: 2 * DEFAULT_TRAITS.workgroupBytes};

export function webgpuDeviceSuite(): void {
  beforeAll(() => {
    registerBlockFusion();
  });

  describeWebGPU(
    'a webgpu device that refuses plans',
    () => {
      beforeEach(() => renewBackend(atDefaultLimits));

      it('is asked first, while stock ops compute', async () => {
        expect(await checkBlock(CONVNEXT)).not.toContain('FusedResidualBlock');
        await webgpuBlockKernel.settled!(tf.backend());
        expect(await checkBlock(CONVNEXT)).toEqual(['FusedResidualBlock']);
      });

      it('is given the next plan where the shader of one does not compile', async () => {
        const [first, second] = plansOf(CONVNEXT) as [WebGPUPlan, WebGPUPlan];
        breakShaders(textsOf(first).filter((text) => !textsOf(second).includes(text)));
        expect(await proofOf(CONVNEXT)).toBeNull();
        expect(await report(CONVNEXT)).toMatch(/the device refused 1 better/);
        expect(await report(CONVNEXT)).toContain(second.description);
        await checkBlock(CONVNEXT);
      });

      it('is given the next plan where one takes more workgroup memory than it has', async () => {
        const problem = PROBLEMS.find((each) => firstFitting(plansOf(each, TOO_MUCH)) > 0)!;
        claimWorkgroupBytes(TOO_MUCH.workgroupBytes);
        const plans = plansOf(problem, TOO_MUCH);
        expect(await proofOf(problem)).toBeNull();
        expect(await report(problem)).toContain(plans[firstFitting(plans)]!.description);
        await checkBlock(problem);
      });

      it('is left alone where it refuses all: stock ops compute, which is said once', async () => {
        breakShaders(plansOf(CONVNEXT).flatMap(textsOf));
        expect(await proofOf(CONVNEXT)).toMatch(/the device refuses every plan: /);
        expect(await report(CONVNEXT)).toMatch(/^stock ops: the device refuses every plan: /);
        const said = await saidBy(async () => {
          for (let i = 0; i < 3; i++) expect(await checkBlock(CONVNEXT)).not.toContain('FusedResidualBlock');
        });
        expect(said.filter((text) => text.includes('the device refuses every plan')).length).toBe(1);
      });
    },
    atDefaultLimits,
  );

  describeWebGPU(
    'a webgpu device that is lost',
    () => {
      beforeEach(() => renewBackend(atDefaultLimits));

      it('is an error at the next call, and a new backend goes on', async () => {
        expect(await proofOf(CONVNEXT)).toBeNull();
        await checkBlock(CONVNEXT);
        await loseDevice();
        expect(errorOfRun(CONVNEXT).code).toBe('device-lost');
        expect(errorOfRun(CONVNEXT).message).toContain('make a new backend');

        await renewBackend(atDefaultLimits);
        expect(await proofOf(CONVNEXT)).toBeNull();
        expect(await checkBlock(CONVNEXT)).toEqual(['FusedResidualBlock']);
      });

      it('lets nobody wait for plans that were under way', async () => {
        webgpuBlockKernel.refusal(tf.backend(), CONVNEXT);
        await loseDevice();
        await webgpuBlockKernel.settled!(tf.backend());
        expect(errorOfRun(CONVNEXT).code).toBe('device-lost');
      });
    },
    atDefaultLimits,
  );
}

/** Of plans for more workgroup memory, the first that a device at default limits can hold. */
function firstFitting(plans: readonly WebGPUPlan[]): number {
  return plans.findIndex(({passes}) => passes.every(({cost}) => cost.workgroupBytes <= DEFAULT_TRAITS.workgroupBytes));
}

function textsOf({passes}: WebGPUPlan): string[] {
  return passes.map(({variant}) => shaderText(variant));
}

/** Has the current backend's device compile other texts in the place of these: they name what is not there. */
function breakShaders(texts: readonly string[]): void {
  const {device} = webgpuBackend();
  const create = device.createShaderModule.bind(device);
  expect(texts.length).toBeGreaterThan(0);
  device.createShaderModule = ({code, ...rest}) =>
    create({
      ...rest,
      code: texts.includes(code) ? code.replace('@compute', 'const broken = nowhere;\n@compute') : code,
    });
}

/** Has the device say that it has more workgroup memory than it has. */
function claimWorkgroupBytes(bytes: number): void {
  const {device} = webgpuBackend();
  const limits = new Proxy(device.limits, {
    get: (own, name) => (name === 'maxComputeWorkgroupStorageSize' ? bytes : (Reflect.get(own, name) as unknown)),
  });
  Object.defineProperty(device, 'limits', {value: limits});
}

async function loseDevice(): Promise<void> {
  const {device} = webgpuBackend();
  device.destroy();
  await device.lost;
}

/** Waits until it is known whether the block runs fused. Returns null, or why not. */
async function proofOf(problem: BlockProblem): Promise<string | null> {
  webgpuBlockKernel.refusal(tf.backend(), problem);
  await webgpuBlockKernel.settled!(tf.backend());
  return webgpuBlockKernel.refusal(tf.backend(), problem);
}

async function report(problem: BlockProblem): Promise<string> {
  return (await webgpuBlockKernel.planReport(problem, tf.backend())).words;
}

const paramsOf = ({spec}: BlockProblem): Float32Array => randomParams(spec, 2);

function inputOf({spec, size: {batch, height, width}}: BlockProblem): Float32Array {
  return randomFloats(batch * height * width * spec.inChannels, {seed: 1});
}

/** Runs the block as users do. */
function run(problem: BlockProblem): Tensor4D {
  const {spec, size} = problem;
  return tf.tidy(() => {
    const x = tf.tensor4d(inputOf(problem), [size.batch, size.height, size.width, spec.inChannels]);
    return fusedResidualBlock(x, tf.tensor1d(paramsOf(problem)), spec);
  });
}

/** Compares a run of the block with the float64 loops. Returns the kernels that ran. */
async function checkBlock(problem: BlockProblem): Promise<string[]> {
  const {spec, size} = problem;
  const {kernels, result} = await tf.profile(() => run(problem));
  const y = result as Tensor4D;
  const expected = referenceBlock(spec, {...size, x: inputOf(problem)}, paramsOf(problem));
  expectClose(await y.data(), expected, toleranceOf(spec));
  y.dispose();
  return kernels.map(({name}) => name);
}

/** Returns what is said on the console meanwhile. */
async function saidBy(body: () => Promise<void>): Promise<string[]> {
  const {info} = console;
  const said: string[] = [];
  console.info = (...texts: unknown[]) => said.push(texts.join(' '));
  try {
    await body();
    return said;
  } finally {
    console.info = info;
  }
}

/** The error that the block's next call is. */
function errorOfRun(problem: BlockProblem): BlockFusionError {
  try {
    run(problem);
  } catch (error) {
    return error as BlockFusionError;
  }
  throw new Error('there was no error');
}
