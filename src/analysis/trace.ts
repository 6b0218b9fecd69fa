/**
 * What really ran, stock or fused, on any backend: every kernel once, in order, with what it was given and how long it took.
 *
 * tf.profile would not do: it lists the wrappers of ops among the kernels, and knows no attrs. Here each call is seen as the
 * kernel itself sees it (kernelWatch.ts). A kernel that has tfjs run another is one kernel, whose time holds the other's.
 */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, TensorInfo} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import type {BlockSpec} from '../../ops/block.ts';
import type {BlockProblem, BlockRun, PlanReport} from '../../ops/blockKernel.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {checkInputs} from '../../ops/validate.ts';
import {interleave, type Side} from '../compare/interleave.ts';
import {type Run, runOnce, sideOf} from '../compare/runs.ts';
import {median} from '../statistics.ts';
import type {AllTfjs} from '../compare/tfjs.ts';
import {hasTimestamps} from '../compare/webgpu.ts';
import type {KernelCall, TensorShape} from './kernelCost.ts';
import {type KernelOutput, type KernelParams, watchKernels, watchNodes} from './kernelWatch.ts';

/** A fused block as it ran. */
export interface TracedBlock extends BlockRun {
  /** What its kernel made of it, with the bytes that go through memory, and those that its tiles read again. */
  readonly plan: PlanReport;
}

export interface TracedKernel extends KernelCall {
  /** The graph's node that it ran for; null without a graph, and of an executor that does not tell. */
  readonly node: string | null;
  /** Inputs that are a tensor which another input is too: they are read once. */
  readonly repeated: readonly string[];
  /** Whether the output is an input's own memory: nothing was moved. */
  readonly renames: boolean;
  /** Null where nothing tells. Units: milliseconds. */
  readonly ms: number | null;
  readonly block: TracedBlock | null;
}

/** What tells the kernels' times: the clock, around each; the GPU's timestamps; or nothing, and only the whole run has a time. */
export type TraceClock = 'wall' | 'gpu' | 'none';

/** A traced run: plain data, to be kept as JSON. */
export interface Trace {
  readonly backend: string;
  readonly clock: TraceClock;
  /** Traced runs, of whose times the medians were taken. */
  readonly runs: number;
  readonly kernels: readonly TracedKernel[];
  /**
   * A whole run by the clock, untraced; on webgpu with the read-back of its outputs. Null of a run that failed, or that has no
   * outputs to tell when a GPU is done.
   */
  readonly wallMs: number | null;
  /** Why the run ended early, in which case the kernels before that are here; null where it did not. */
  readonly failure: string | null;
}

export interface TraceOptions {
  /** Traced runs, and as many samples of untraced ones, which are warm. Default 5. */
  readonly runs?: number | undefined;
}

/**
 * Returns what runs when the model does. Compile before what is compiled at run time (`warmup`): the trace is of what runs now.
 * Throws: `unsupported-device` where the backend registers no kernels, `unsupported-model` for what is no GraphModel,
 * `invalid-option` for less than one run.
 */
export async function traceModel(
  tf: AllTfjs,
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
    untraced: sideOf(tf, model, inputs),
    watchNodes: (hasRun) => watchNodes(model, hasRun),
  };
  return traceSubject(tf, subject, options);
}

/** Returns what runs when `run` does, which lets go what it makes. Throws: as traceModel. */
export async function traceRun(tf: AllTfjs, run: () => void, options: TraceOptions = {}): Promise<Trace> {
  const untraced = SYNCHRONOUS.has(tf.getBackend()) ? run : null;
  return traceSubject(tf, {run, untraced, watchNodes: () => () => undefined}, options);
}

interface Subject {
  readonly run: Run;
  /** A run to its very end, which one on a GPU may not have. */
  readonly untraced: Side | null;
  readonly watchNodes: (hasRun: (node: string) => void) => () => void;
}

const RUNS = 5;

/** Backends whose kernels have done their work when they return. */
const SYNCHRONOUS: ReadonlySet<string> = new Set(['cpu', 'wasm']);

async function traceSubject(tf: AllTfjs, subject: Subject, {runs = RUNS}: TraceOptions): Promise<Trace> {
  checkTraceable(tf, runs);
  const clock = clockOf(tf);
  const backend = tf.getBackend();
  const first = await tracedRun(tf, subject, clock);
  if (first.failure !== null)
    return {backend, clock, runs: 1, kernels: withMedianTimes([first]), wallMs: null, failure: first.failure};
  // Whole runs come first: they go on until engines have optimised what runs, which the single kernels then profit from.
  const wallMs = subject.untraced === null ? null : await wallTime(subject.untraced, runs);
  const traced: TracedRun[] = [];
  let failure: string | null = null;
  while (failure === null && traced.length < runs) {
    const run = await tracedRun(tf, subject, clock);
    traced.push(run);
    failure = run.failure;
  }
  const kernels = withMedianTimes(traced);
  return {backend, clock, runs: traced.length, kernels, wallMs: failure === null ? wallMs : null, failure};
}

function checkTraceable(tf: AllTfjs, runs: number): void {
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

function clockOf(tf: AllTfjs): TraceClock {
  if (SYNCHRONOUS.has(tf.getBackend())) return 'wall';
  return hasTimestamps(tf) ? 'gpu' : 'none';
}

interface TracedRun {
  readonly kernels: readonly TracedKernel[];
  readonly failure: string | null;
}

/** A call on its way to a TracedKernel: a GPU tells the time later. */
interface Recorded extends Omit<TracedKernel, 'ms' | 'block'> {
  readonly ms: Promise<number | null> | null;
  readonly problem: BlockProblem | null;
}

async function tracedRun(tf: AllTfjs, subject: Subject, clock: TraceClock): Promise<TracedRun> {
  const calls: Recorded[] = [];
  let named = 0;
  let depth = 0;
  const unwatchNodes = subject.watchNodes((node) => {
    for (; named < calls.length; named++) calls[named] = {...calls[named]!, node};
  });
  const unwatchKernels = watchKernels(tf, (name, params, run) => {
    if (depth > 0) return run();
    depth++;
    try {
      const {output, ms} = clock === 'none' ? {output: run(), ms: null} : timed(tf, run);
      calls.push({...describeCall(tf, {name, params, output}), node: null, ms});
      return output;
    } finally {
      depth--;
    }
  });
  let failure: string | null = null;
  try {
    await subject.run();
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    unwatchKernels();
    unwatchNodes();
  }
  return {kernels: await Promise.all(calls.map((call) => settled(tf, call))), failure};
}

/** Times a kernel as tf.profile does, by the backend's own clock. */
function timed(tf: AllTfjs, run: () => KernelOutput): {output: KernelOutput; ms: Promise<number | null>} {
  let outcome: {output: KernelOutput} | {error: unknown} = {error: 'a backend that does not run what it times'};
  const timing = tf.backend().time(() => {
    try {
      outcome = {output: run()};
    } catch (error) {
      outcome = {error};
    }
  });
  // The backend has called it by now.
  const {output, error} = outcome as {output?: KernelOutput; error?: unknown};
  if (output === undefined) throw error as Error;
  return {output, ms: timing.then(({kernelMs}) => (Number.isFinite(kernelMs) ? (kernelMs as number) : null))};
}

interface Call {
  readonly name: string;
  readonly params: KernelParams;
  readonly output: KernelOutput;
}

function describeCall(tf: AllTfjs, {name, params: {inputs, attrs}, output}: Call): Omit<Recorded, 'ms' | 'node'> {
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
    renames: outputs.length > 0 && outputs.every(({dataId}) => ids.includes(dataId) || isView(tf, dataId, ids)),
    problem: fused ? problemOf(inputs as {x: TensorInfo; params: TensorInfo}, attrs) : null,
  };
}

/**
 * Whether a kernel's output is a part of its only input, as Slice gives it on cpu. Of several inputs one may be overwritten, as by
 * TensorScatterUpdate: that is work.
 */
function isView(tf: AllTfjs, output: DataId, inputs: readonly DataId[]): boolean {
  return inputs.length === 1 && memoryOf(tf, output) === memoryOf(tf, inputs[0]!);
}

type DataId = TensorInfo['dataId'];

/** What holds a tensor's numbers. */
function memoryOf(tf: AllTfjs, dataId: DataId): object {
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

async function settled(tf: AllTfjs, {problem, ms, ...call}: Recorded): Promise<TracedKernel> {
  return {...call, ms: await ms, block: problem === null ? null : tracedBlock(tf, problem)};
}

function tracedBlock(tf: AllTfjs, problem: BlockProblem): TracedBlock {
  const {spec, size} = problem;
  return {spec, size, plan: blockKernelOf(tf.getBackend())!.planReport(problem, tf.backend())};
}

/** The kernels of the last run, with the medians of their times over all runs of the same kernels. */
function withMedianTimes(runs: readonly TracedRun[]): TracedKernel[] {
  const signature = ({kernels}: TracedRun): string =>
    JSON.stringify(kernels.map(({name, inputShapes}) => [name, inputShapes]));
  const last = runs.at(-1)!;
  const same = runs.filter((run) => signature(run) === signature(last));
  return last.kernels.map((kernel, i) => {
    const ms = same.map(({kernels}) => kernels[i]!.ms);
    return {...kernel, ms: ms.every((each) => each !== null) ? median(ms) : null};
  });
}

/** Who asks for few runs is in a hurry. Units: milliseconds. */
const WARMUP = {ofARun: 300, most: 1500};

async function wallTime(run: Side, runs: number): Promise<number> {
  const minWarmupMs = Math.min(WARMUP.ofARun * runs, WARMUP.most);
  return median((await interleave({whole: run}, {runs, minWarmupMs})).whole);
}
