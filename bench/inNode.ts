/** The bench in this process. */
import {getThreadsCount} from '@tensorflow/tfjs-backend-wasm';
import {ALL_TFJS} from '../src/compare/tfjs.ts';
import {modelFileHandler} from '../src/modelFiles.ts';
import type {Bencher} from './browser/launch.ts';
import {runCase} from './runCase.ts';

/** Makes wasm the current backend. */
export async function benchInNode(): Promise<Bencher> {
  await ALL_TFJS.setBackend('wasm');
  return {
    engine: `Node ${process.versions.node}`,
    run: async (request) => ({...(await runCase(request, modelFileHandler)), threads: getThreadsCount()}),
    close: () => Promise.resolve(),
  };
}
