/** The bench's page: the same bodies as in Node, in a browser. Bundled when the bench runs. */
import {getThreadsCount, setThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import {doTasks} from '../../../engines/tasks.ts';
import type {BackendName} from '../../../src/run/engine.ts';
import {ALL_TFJS} from '../../../src/run/allTfjs.ts';
import type {Pair} from '../../../src/run/pair.ts';
import {type LoadRequest, loadTimes} from '../../load/loadTimes.ts';
import {type MemoryRequest, measureSide, type SideMemory} from '../../memory/memorySide.ts';
import {type BenchAnswer, type BenchRequest, runCase} from '../runCase.ts';

const TASKS = {
  async bench({threads, ...request}: BenchRequest & {readonly threads?: number | undefined}): Promise<BenchAnswer> {
    await use(request.backend, threads);
    return runCase(request, {open: (url) => ALL_TFJS.io.http(url), threads: getThreadsCount});
  },
  async load(request: LoadRequest): Promise<Pair<number[]>> {
    await use('wasm');
    return loadTimes(request, ALL_TFJS.io.http(request.model));
  },
  async memory(request: MemoryRequest): Promise<SideMemory> {
    await use('wasm');
    return measureSide(ALL_TFJS, request, ALL_TFJS.io.http(request.model));
  },
};
export type BenchTasks = typeof TASKS;

void doTasks(TASKS);

async function use(backend: BackendName, threads?: number): Promise<void> {
  setWasmPaths('/tfjs/');
  useThreads(threads);
  if (!(await ALL_TFJS.setBackend(backend)))
    throw new Error(`--backend: must be one that the engine has, got ${backend}; take another engine or backend`);
}

/** Says how many threads tfjs takes, before the backend is made: the fused kernels take as many. */
function useThreads(threads: number | undefined): void {
  if (threads === undefined) ALL_TFJS.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  else setThreadsCount(threads);
}
