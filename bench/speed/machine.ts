/** What the bench ran on, for its records. */
import {execFile} from 'node:child_process';
import {cpus} from 'node:os';
import {promisify} from 'node:util';
import {ALL_TFJS} from '../../src/run/allTfjs.ts';
import {VERSION} from '../../src/version.ts';

export interface Machine {
  readonly package: string;
  readonly tfjs: string;
  readonly cpu: string;
  readonly commit: string;
}

/** Returns versions, processor and commit. */
export async function machine(): Promise<Machine> {
  return {
    package: `tfjs-block-fusion ${VERSION}`,
    tfjs: `tfjs-core ${ALL_TFJS.version_core}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    commit: await commit(),
  };
}

/** `-dirty` where the sources were changed since. A bundle, which has no repository, says whose it is. */
async function commit(): Promise<string> {
  const {BENCH_COMMIT} = process.env;
  if (BENCH_COMMIT !== undefined) return BENCH_COMMIT;
  const git = ['describe', '--always', '--dirty', '--abbrev=10', '--exclude=*'];
  const {stdout} = await promisify(execFile)('git', git).catch(() => ({stdout: 'no commit'}));
  return stdout.trim();
}
