/** The kernel `FusedResidualBlock` of the wasm backend: the only file here that touches tfjs. */
import type {DataId, KernelBackend, KernelConfig, KernelFunc, Tensor1D, TensorInfo} from '@tensorflow/tfjs-core';
import {engine} from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../attrs.ts';
import {type BlockSpec, blockGeometry} from '../block.ts';
import {
  type BlockKernel,
  type BlockProblem,
  type BlockRun,
  type PlanReport,
  ONE_THREAD,
  refusedBlock,
  type SideThreads,
  stockOpsReport,
  type ThreadCount,
  type WriteValues,
} from '../blockKernel.ts';
import {blockCost} from '../cost.ts';
import {BlockFusionError} from '../errors.ts';
import {getOrMake} from '../getOrMake.ts';
import {FLOAT_BYTES} from '../params.ts';
import {elements} from '../shape.ts';
import {checkCall, requireFloat32, requireFloatParams} from '../validate.ts';
import {preparedCall, runSteps, writeCall} from './call.ts';
import {NO_SIMD} from './detect.ts';
import {compileKernels, instantiateKernels, isShared, type KernelExports, simdLevel} from './module.ts';
import {PACK_SCRATCH_BYTES, panelPacker} from './packWeights.ts';
import {describePlan, planOf} from './plan.ts';
import {BackendThreads} from './threads/backendThreads.ts';
import type {Outcome} from './threads/pool.ts';
import type {PlannedBlock} from './tiles.ts';
import {tileBytes} from './tileBytes.ts';

/** What the kernel uses of tfjs's BackendWasm: `asm` in its plain build, `wasmMemory` in its threaded one. */
interface BackendWasm extends KernelBackend {
  readonly wasm: {
    readonly asm?: {readonly memory: WebAssembly.Memory};
    readonly wasmMemory?: WebAssembly.Memory;
    readonly tfjs?: {getThreadsCount?(): number};
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: {get(dataId: DataId): {readonly memoryOffset: number}};
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
}

/** What belongs to one backend: made at first use, freed with it. */
interface BackendState {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
  /** On a memory that threads can share; else why it is not. */
  readonly threads: BackendThreads | string;
}

const states = new WeakMap<KernelBackend, BackendState | string>();

/** Returns the backend's state, or the reason why it has none. */
function stateOf(backend: KernelBackend): BackendState | string {
  return getOrMake(states, backend, () => makeState(backend as BackendWasm));
}

function makeState(backend: BackendWasm): BackendState | string {
  const level = simdLevel();
  if (level === null) return NO_SIMD;
  const memory = memoryOf(backend);
  if (memory === undefined) return 'this build of the wasm backend does not show its memory';
  const shared = isShared(memory);
  return {
    memory,
    kernels: instantiateKernels(memory, level),
    threads: shared ? new BackendThreads(memory, compileKernels(level, shared)) : plainMemory(),
  };
}

/** Why tfjs took its build for one thread. */
function plainMemory(): string {
  const {crossOriginIsolated} = globalThis as {crossOriginIsolated?: boolean};
  if (crossOriginIsolated === undefined) return 'tfjs has no more in Node';
  return crossOriginIsolated ? 'tfjs took its build for one thread' : 'the page is not cross-origin isolated';
}

function memoryOf({wasm}: BackendWasm): WebAssembly.Memory | undefined {
  return wasm.wasmMemory ?? wasm.asm?.memory;
}

function refusal(backend: KernelBackend, {spec, size}: BlockProblem): string | null {
  const state = stateOf(backend);
  if (typeof state === 'string') return state;
  const plan = planOf(spec, size, blockGeometry(spec, size.height, size.width));
  return typeof plan === 'string' ? plan : null;
}

/** By spec, size, SIMD level and threads: a model has few kinds of blocks, and is loaded more than once. */
const reasons = new WeakMap<BlockSpec, Map<string, string | null>>();

async function reasonNotToFuse({spec, size}: BlockRun, threads: SideThreads = ONE_THREAD): Promise<string | null> {
  const ofSpec = getOrMake(reasons, spec, () => new Map<string, string | null>());
  const level = simdLevel();
  const key = `${size.batch}×${size.height}×${size.width} ${level} ${threads.stock} ${threads.fused}`;
  const known = ofSpec.get(key);
  if (known !== undefined) return known;
  // Late: pages that load models which were fused beforehand have no use for it. A load that fails is tried again.
  const estimate = await import('./estimate.ts');
  const reason = estimate.reasonNotToFuse({spec, size}, {simd: level, threads});
  ofSpec.set(key, reason);
  return reason;
}

function planReport(problem: BlockProblem, backend: KernelBackend | null): Promise<PlanReport> {
  return Promise.resolve(reportOf(problem, backend === null ? 1 : threadCount(backend).count));
}

function reportOf({spec, size}: BlockProblem, threads: number): PlanReport {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planOf(spec, size, geometry);
  if (typeof plan === 'string') return stockOpsReport(plan);
  const block = {spec, size, geometry, plan};
  return {
    words: describePlan(spec, plan),
    dispatches: 1,
    bytes: blockCost(spec, size).fusedBytes,
    cacheBytes: tileBytes(spec, size, geometry, plan),
    scratchBytes: preparedCall(block, threads).record.scratchBytes,
  };
}

const fusedResidualBlock: KernelFunc = (call) => {
  const backend = call.backend as unknown as BackendWasm;
  const {x, params, spec, size, geometry, precision, outputShape} = checkCall(call);
  requireFloat32(precision, 'wasm');
  const state = stateOf(backend);
  const plan = planOf(spec, size, geometry);
  if (typeof state === 'string') throw refusedBlock('wasm', state);
  if (typeof plan === 'string') throw refusedBlock('wasm', plan);

  // A call that has lost a worker is made again, on the threads that are left.
  for (;;) {
    const y = compute({backend, state}, {x, params, outputShape}, {spec, size, geometry, plan});
    if (y !== null) return y;
  }
};

interface Tensors {
  readonly x: TensorInfo;
  readonly params: TensorInfo;
  readonly outputShape: number[];
}

/** Returns y; null where a worker was lost on the way. */
function compute(
  {backend, state}: {readonly backend: BackendWasm; readonly state: BackendState},
  {x, params, outputShape}: Tensors,
  block: PlannedBlock,
): TensorInfo | null {
  const {threads} = state;
  const call = preparedCall(block, typeof threads === 'string' ? 1 : threads.count);
  const {schedule} = call.block;
  const bytes = call.record.scratchBytes;
  const scratch = allocate(backend, bytes);
  let outcome: Outcome = 'stopped';
  let y: TensorInfo | undefined;
  try {
    y = backend.makeOutput(outputShape, 'float32');
    const at = ({dataId}: TensorInfo): number => backend.dataIdMap.get(dataId).memoryOffset;
    // Views are taken here, after the last allocation: the memory may have grown.
    const {buffer} = state.memory;
    for (const tensor of [x, params, y]) checkWithin(buffer, at(tensor), elements(tensor.shape) * FLOAT_BYTES);
    checkWithin(buffer, scratch, bytes);
    const records = writeCall(buffer, call, {x: at(x), y: at(y), params: at(params), scratch});
    if (schedule.threads === 1) outcome = runSteps(state.kernels, schedule, records[0]!);
    else {
      // Until it returns: where this thread throws, a worker may have been given up as well.
      outcome = 'lost';
      outcome = (threads as BackendThreads).run(state.kernels, schedule, records);
    }
    return outcome === 'done' ? y : null;
  } finally {
    // What a lost worker may still write to stays allocated for good.
    if (outcome !== 'lost') {
      backend.wasm._free(scratch);
      if (outcome === 'stopped' && y !== undefined) backend.disposeData(y.dataId);
    }
  }
}

function allocate(backend: BackendWasm, bytes: number): number {
  const address = backend.wasm._malloc(bytes) >>> 0;
  if (address === 0)
    throw new BlockFusionError('out-of-memory', {
      where: `${FUSED_RESIDUAL_BLOCK} on wasm`,
      must: `the wasm heap must have ${bytes} bytes for scratch`,
      got: 'a refusal of its allocator',
      fix: 'dispose tensors that are no longer needed, or use a smaller batch',
    });
  return address;
}

/** An address of 0 is a failed allocation that tfjs did not notice. */
function checkWithin(buffer: ArrayBufferLike, address: number, bytes: number): void {
  if (address > 0 && address + bytes <= buffer.byteLength) return;
  throw new BlockFusionError('out-of-memory', {
    where: `${FUSED_RESIDUAL_BLOCK} on wasm`,
    must: `every tensor must lie within the heap of ${buffer.byteLength} bytes`,
    got: `${bytes} bytes at ${address}`,
    fix: 'dispose tensors that are no longer needed, or use a smaller batch',
  });
}

async function startThreads(backend: KernelBackend, wanted?: number): Promise<void> {
  const state = stateOf(backend);
  if (typeof state === 'string' || typeof state.threads === 'string') return;
  await state.threads.start(wanted, threadsOfStock(backend));
}

function threadsOfStock(backend: KernelBackend): number {
  return (backend as BackendWasm).wasm.tfjs?.getThreadsCount?.() ?? 1;
}

function threadCount(backend: KernelBackend): ThreadCount {
  const state = stateOf(backend);
  if (typeof state === 'string') return {count: 1, reason: state};
  const {threads} = state;
  return typeof threads === 'string' ? {count: 1, reason: threads} : {count: threads.count, reason: threads.reason};
}

function endThreads(backend: object): void {
  const state = states.get(backend as KernelBackend);
  if (typeof state === 'object' && typeof state.threads === 'object') state.threads.end();
  states.delete(backend as KernelBackend);
}

function makeParams(anyBackend: KernelBackend, length: number, write: WriteValues): Tensor1D | null {
  const backend = anyBackend as BackendWasm;
  const state = stateOf(backend);
  if (typeof state === 'string') return null;
  const info = backend.makeOutput([length], 'float32');
  const params = engine().makeTensorFromTensorInfo(info, backend) as Tensor1D;
  const scratch = allocate(backend, PACK_SCRATCH_BYTES);
  try {
    const {memoryOffset} = backend.dataIdMap.get(info.dataId);
    const {buffer} = state.memory;
    checkWithin(buffer, memoryOffset, length * FLOAT_BYTES);
    write(new Float32Array(buffer, memoryOffset, length), panelPacker(state.kernels, buffer, scratch));
  } finally {
    backend.wasm._free(scratch);
  }
  return params;
}

const config: KernelConfig = {
  kernelName: FUSED_RESIDUAL_BLOCK,
  backendName: 'wasm',
  kernelFunc: fusedResidualBlock,
  disposeFunc: endThreads,
};

/** The wasm backend's kernel. */
export const wasmBlockKernel: BlockKernel = {
  config,
  makeParams,
  threads: {start: startThreads, count: threadCount, ofStock: threadsOfStock},
  refusal,
  settled: null,
  reasonNotToFuse,
  planReport,
  floatParams: (params) => requireFloatParams(params, 'wasm'),
};
