/** The trace of a run, stock or fused, on any backend: every kernel once, in order, with its inputs, its attrs and its time. */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, TensorInfo} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import type {BlockSpec} from '../../ops/block.ts';
import type {BlockProblem, BlockRun, PlanReport} from '../../ops/blockKernel.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {checkInputs} from '../../ops/validate.ts';
import {checkOptionNames} from '../../ops/options.ts';
import {interleave, type CompleteRun, warmupMs} from '../run/interleave.ts';
import {hookNodes, type KernelParams} from '../run/kernelHooks.ts';
import {runOnce, completeRun} from '../run/runs.ts';
import {median, medianOfKnown} from '../run/statistics.ts';
import {
  clockOf,
  isSynchronous,
  type ReturnedCall,
  type TimedKernel,
  type TraceClock,
  tracedRun,
  type TracedRun,
  type TracedSubject,
} from '../run/tracedRun.ts';
import type {KernelCall, TensorShape} from './cost/kernelCost.ts';

/** A fused block as it ran. */
export interface TracedBlock extends BlockRun {
  /** The plan by which it ran, with the bytes that go through memory, and those that its tiles read again. */
  readonly plan: PlanReport;
}

/** A kernel that ran. */
export interface TracedKernel extends KernelCall, TimedKernel {
  /** Inputs that are a tensor which another input is too: they are read once. */
  readonly repeated: readonly string[];
  /** Whether the output is an input's own memory: nothing was copied. */
  readonly renames: boolean;
  /** The fused block that it ran; null of a stock kernel. */
  readonly block: TracedBlock | null;
}

/** A traced run: plain data, to be kept as JSON. */
export interface Trace {
  /** On which it ran. */
  readonly backend: string;
  /** What timed the kernels. */
  readonly clock: TraceClock;
  /** Traced runs, of whose times the medians were taken. */
  readonly runs: number;
  /** In the order in which they ran. */
  readonly kernels: readonly TracedKernel[];
  /**
   * A whole run by the wall clock, untraced: up to the read-back of its outputs, except on cpu and wasm, whose work is done before.
   * Null of a run that failed, or that has no outputs whose read-back would end it.
   */
  readonly wallMs: number | null;
  /** Why the run ended early, in which case the kernels before that are here; null where it did not. */
  readonly failure: string | null;
}

/** What tracing takes. */
export interface TraceOptions {
  /** Traced runs, and as many samples of untraced ones, which are warm. Default 5. */
  readonly runs?: number | undefined;
}

/**
 * Returns the kernels that a run of the model runs. Call `warmup` first: until its shaders are compiled a block runs on stock ops, and
 * the trace would be of these.
 * Throws: `unsupported-device` where the backend registers no kernels, `unsupported-model` for what is no GraphModel,
 * `invalid-option` for less than one run.
 */
export async function traceModel(
  model: GraphModel,
  inputs: NamedTensorMap,
  options: TraceOptions = {},
): Promise<Trace> {
  // A LayersModel, say.
  if (typeof (model as Partial<GraphModel>).executeAsync !== 'function')
    throw new BlockFusionError('unsupported-model', {
      where: 'traceModel',
      must: 'the model must be a GraphModel',
      got: (model as object).constructor.name,
      fix: 'convert it to a graph model',
    });
  const subject: Subject = {
    run: () => runOnce(model, inputs),
    untraced: completeRun(model, inputs),
    hookNodes: (afterNode) => hookNodes(model, afterNode),
  };
  return traceSubject(subject, options);
}

/** Returns the kernels that `run` runs, which disposes of what it makes. Throws: as traceModel. */
export async function traceRun(run: () => void, options: TraceOptions = {}): Promise<Trace> {
  const untraced = isSynchronous() ? run : null;
  return traceSubject({run, untraced, hookNodes: null}, options);
}

interface Subject extends Omit<TracedSubject, 'clock'> {
  /** A run up to the end of its work; null where that cannot be awaited. */
  readonly untraced: CompleteRun | null;
}

const RUNS = 5;

async function traceSubject(asked: Subject, options: TraceOptions): Promise<Trace> {
  checkOptionNames('trace', options, ['runs']);
  const {runs = RUNS} = options;
  checkTraceable(runs);
  const clock = await clockOf();
  const subject = {...asked, clock};
  const backend = tf.getBackend();
  const first = await kernelsOfRun(subject);
  if (first.failure !== null)
    return {backend, clock, runs: 1, kernels: withMedianTimes([first]), wallMs: null, failure: first.failure};
  // Whole runs come first: they go on until the engine has optimised the code, which the single kernels then profit from.
  const wallMs = subject.untraced === null ? null : await wallTime(subject.untraced, runs);
  const traced: TracedKernels[] = [];
  let failure: string | null = null;
  while (failure === null && traced.length < runs) {
    const run = await kernelsOfRun(subject);
    traced.push(run);
    failure = run.failure;
  }
  const kernels = withMedianTimes(traced);
  return {backend, clock, runs: traced.length, kernels, wallMs: failure === null ? wallMs : null, failure};
}

function checkTraceable(runs: number): void {
  if (!(runs >= 1))
    throw new BlockFusionError('invalid-option', {
      ...{where: 'traceModel', must: 'runs must be at least 1', got: runs, fix: 'ask for more runs'},
    });
  if (tf.getKernelsForBackend(tf.getBackend()).length === 0)
    throw new BlockFusionError('unsupported-device', {
      where: 'traceModel',
      must: 'the backend must have kernels that tfjs knows',
      got: `backend '${tf.getBackend()}'`,
      fix: "call await tf.setBackend('wasm') first, or another of tfjs's own backends",
    });
}

/** The kernels of one run. */
interface TracedKernels extends Omit<TracedRun<object>, 'kernels'> {
  readonly kernels: readonly TracedKernel[];
}

/** What a call shows while its tensors are there. */
interface Described extends Omit<TracedKernel, keyof TimedKernel | 'block'> {
  readonly problem: BlockProblem | null;
}

async function kernelsOfRun(subject: TracedSubject): Promise<TracedKernels> {
  const {kernels, failure} = await tracedRun(subject, (call) => describeCall(call));
  return {kernels: await Promise.all(kernels.map((kernel) => tracedKernel(kernel))), failure};
}

function describeCall({name, params: {inputs, attrs}, output}: ReturnedCall): Described {
  // An optional input is undefined, and FromPixels' is no tensor.
  const tensors = Object.entries(inputs as Record<string, Partial<TensorInfo> | undefined>).filter(
    (entry): entry is [string, TensorInfo] => Array.isArray(entry[1]?.shape),
  );
  const outputs = Array.isArray(output) ? output : [output];
  const ids = tensors.map(([, {dataId}]) => dataId);
  const fused = name === FUSED_RESIDUAL_BLOCK;
  return {
    name,
    inputShapes: Object.fromEntries(tensors.map(([input, {shape}]) => [input, [...shape]])),
    outputShapes: outputs.map(({shape}): TensorShape => [...shape]),
    attrs: fused ? {} : {...(attrs as Record<string, unknown> | undefined)},
    repeated: tensors.flatMap(([input], i) => (ids.indexOf(ids[i]!) < i ? [input] : [])),
    renames: outputs.length > 0 && outputs.every(({dataId}) => ids.includes(dataId) || isView(dataId, ids)),
    problem: fused ? problemOf(inputs as {x: TensorInfo; params: TensorInfo}, attrs) : null,
  };
}

/**
 * Whether a kernel's output is a part of its only input, as Slice gives it on cpu. Of several inputs one may be overwritten, as by
 * TensorScatterUpdate: that is work.
 */
function isView(output: DataId, inputs: readonly DataId[]): boolean {
  return inputs.length === 1 && memoryOf(output) === memoryOf(inputs[0]!);
}

type DataId = TensorInfo['dataId'];

/** What holds a tensor's numbers. */
function memoryOf(dataId: DataId): object {
  if (tf.getBackend() !== 'cpu') return dataId;
  const {data} = tf.backend() as unknown as {data: {get: (id: object) => {values?: unknown} | undefined}};
  const values = data.get(dataId)?.values;
  return ArrayBuffer.isView(values) ? values.buffer : dataId;
}

function problemOf({x, params}: {x: TensorInfo; params: TensorInfo}, attrs: KernelParams['attrs']): BlockProblem {
  const {spec} = attrs as unknown as {spec: BlockSpec};
  const {size, precision} = checkInputs(spec, x, params);
  return {spec, size, precision};
}

async function tracedKernel({problem, ...kernel}: Described & TimedKernel): Promise<TracedKernel> {
  return {...kernel, block: problem === null ? null : await tracedBlock(problem)};
}

async function tracedBlock(problem: BlockProblem): Promise<TracedBlock> {
  const {spec, size} = problem;
  return {spec, size, plan: await blockKernelOf(tf.getBackend())!.planReport(problem, tf.backend())};
}

/** The kernels of the last run, with the medians of their times over all runs of the same kernels. */
function withMedianTimes(runs: readonly TracedKernels[]): TracedKernel[] {
  const signature = ({kernels}: TracedKernels): string =>
    JSON.stringify(kernels.map(({name, inputShapes}) => [name, inputShapes]));
  const last = runs.at(-1)!;
  const wanted = signature(last);
  const same = runs.filter((run) => signature(run) === wanted);
  return last.kernels.map((kernel, i) => ({...kernel, ms: medianOfKnown(same.map(({kernels}) => kernels[i]!.ms))}));
}

async function wallTime(run: CompleteRun, runs: number): Promise<number> {
  return median((await interleave({whole: run}, {runs, minWarmupMs: warmupMs(runs, RUNS)})).whole);
}
