/** The bench's page: the same bodies as in Node, in Chromium. Bundled when the bench runs. */
import {getThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {ALL_TFJS} from '../../src/compare/tfjs.ts';
import {type BenchAnswer, type BenchRequest, runCase} from '../runCase.ts';

declare global {
  var benchInPage: (request: BenchRequest) => Promise<BenchAnswer & {threads: number}>;
}

globalThis.benchInPage = async (request) => {
  setWasmPaths('/tfjs/');
  await ALL_TFJS.setBackend('wasm');
  const answer = await runCase(request, (url) => ALL_TFJS.io.http(url));
  return {...answer, threads: getThreadsCount()};
};
