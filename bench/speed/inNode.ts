/** The bench in this process. */
import {startBackend} from '../../src/cli/host/backend.ts';
import {modelFileHandler} from '../../src/load/modelFiles.ts';
import type {Bencher} from './browser/launch.ts';
import {type BenchBackend, runCase} from './runCase.ts';

/** Makes the backend the current one. */
export async function benchInNode(backend: BenchBackend): Promise<Bencher> {
  const {threads} = await startBackend(backend);
  return {
    engine: `Node ${process.versions.node}`,
    run: (request) => runCase(request, {open: modelFileHandler, threads: () => threads}),
    close: () => Promise.resolve(),
  };
}
