/** The bench's page: the same bodies as in Node, in Chromium. Bundled when the bench runs. */
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import type {BackendName} from '../../../src/run/engine.ts';
import {ALL_TFJS} from '../../../src/run/allTfjs.ts';
import type {Pair} from '../../../src/run/pair.ts';
import {type LoadRequest, loadTimes} from '../../load/loadTimes.ts';
import {type MemoryRequest, measureSide, type SideMemory} from '../../memory/memorySide.ts';
import {type BenchAnswer, type BenchRequest, runCase} from '../runCase.ts';

declare global {
  var benchInPage: (request: BenchRequest) => Promise<BenchAnswer>;
  var loadInPage: (request: LoadRequest) => Promise<Pair<number[]>>;
  var measureMemoryInPage: (request: MemoryRequest) => Promise<SideMemory>;
}

globalThis.benchInPage = async (request) => {
  await use(request.backend);
  return runCase(request, {open: (url) => ALL_TFJS.io.http(url), threads: getThreadsCount});
};

globalThis.loadInPage = async (request) => {
  await use('wasm');
  return loadTimes(request, ALL_TFJS.io.http(request.model));
};

globalThis.measureMemoryInPage = async (request) => {
  await use('wasm');
  return measureSide(ALL_TFJS, request, ALL_TFJS.io.http(request.model));
};

async function use(backend: BackendName): Promise<void> {
  setWasmPaths('/tfjs/');
  await ALL_TFJS.setBackend(backend);
}
