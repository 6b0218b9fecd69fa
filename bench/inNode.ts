/** The bench in this process. */
import {getThreadsCount} from '@tensorflow/tfjs-backend-wasm';
import {OWN_TFJS} from '../src/register.ts';
import type {Bencher} from './browser/launch.ts';
import {runCase} from './runCase.ts';

/** Makes wasm the current backend. */
export async function benchInNode(): Promise<Bencher> {
  await OWN_TFJS.setBackend('wasm');
  return {
    engine: `Node ${process.versions.node}`,
    run: async (request) => ({...(await runCase(request)), threads: getThreadsCount()}),
    close: () => Promise.resolve(),
  };
}
