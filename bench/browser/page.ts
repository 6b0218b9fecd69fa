/** The bench's page: the same bodies as in Node, in Chromium. Bundled when the bench runs. */
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {ALL_TFJS} from '../../src/compare/tfjs.ts';
import {type MemoryRequest, measureSide, type SideMemory} from '../memorySide.ts';
import {type BenchAnswer, type BenchRequest, runCase} from '../runCase.ts';

declare global {
  var benchInPage: (request: BenchRequest) => Promise<BenchAnswer & {threads: number}>;
  var measureMemoryInPage: (request: MemoryRequest) => Promise<SideMemory>;
}

globalThis.benchInPage = async (request) => {
  await useWasm();
  const answer = await runCase(request, (url) => ALL_TFJS.io.http(url));
  return {...answer, threads: getThreadsCount()};
};

globalThis.measureMemoryInPage = async (request) => {
  await useWasm();
  return measureSide(ALL_TFJS, request, ALL_TFJS.io.http(request.model));
};

async function useWasm(): Promise<void> {
  setWasmPaths('/tfjs/');
  await ALL_TFJS.setBackend('wasm');
}
