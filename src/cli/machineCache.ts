/** Measured machines, kept in a file when asked: measuring takes seconds, and a machine stays what it is. */
import {access, constants, readFile, writeFile} from 'node:fs/promises';
import {cpus} from 'node:os';
import {dirname} from 'node:path';
import {BlockFusionError} from '../../ops/errors.ts';
import type {Machine, MachineLevel} from '../analysis/machine/machine.ts';
import {ALL_TFJS} from '../run/allTfjs.ts';
import {VERSION} from '../version.ts';
import type {HostEngine} from './host/host.ts';
import {engineText} from './report/engineText.ts';

/** Machines by everything that their figures depend on. */
interface CacheFile {
  readonly schema: 1;
  readonly machines: Readonly<Record<string, Machine>>;
}

/**
 * Returns the machine that the file has for this host; where there is none it is measured, and the file has it from then on.
 * Throws: `invalid-option` for a file of another kind or one that cannot be written, `output` where writing fails after all, and
 * what measuring throws.
 */
export async function cachedMachine(file: string, host: HostEngine, measure: () => Promise<Machine>): Promise<Machine> {
  const {machines} = await readCache(file);
  const key = keyOf(host);
  const known = machines[key];
  if (known !== undefined) return known;
  await checkWritable(file);
  const machine = await measure();
  await writeCache(file, {schema: 1, machines: {...machines, [key]: machine}});
  return machine;
}

/** Processor or GPU, and the version of all that takes part. */
function keyOf({engine, browser}: HostEngine): string {
  const device = engine.adapter?.name ?? cpus()[0]?.model.trim() ?? 'unknown processor';
  const versions = [`tfjs-block-fusion ${VERSION}`, `tfjs ${ALL_TFJS.version_core}`];
  return [device, engineText({engine, browser}), ...versions].join(', ');
}

async function readCache(file: string): Promise<CacheFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {schema: 1, machines: {}};
    throw notACache(file, cause);
  }
  try {
    const cache = JSON.parse(text) as Partial<CacheFile> | null;
    if (cache?.schema === 1 && Object.values(cache.machines ?? [null]).every(isMachine)) return cache as CacheFile;
  } catch (cause) {
    throw notACache(file, cause);
  }
  throw notACache(file, 'something else');
}

/** Whether it has what a machine's figures are computed of; the rest is words. */
function isMachine(value: unknown): boolean {
  const {opsPerS, bytesPerS, source} = (value ?? {}) as Partial<Machine>;
  const isRate = (rate: unknown): boolean => typeof rate === 'number' && rate > 0;
  if (!isRate(opsPerS) || !Array.isArray(bytesPerS) || typeof source !== 'object') return false;
  const levels = bytesPerS as readonly Partial<MachineLevel>[];
  return levels.length > 0 && levels.every(({level, bytesPerS: rate}) => typeof level === 'string' && isRate(rate));
}

function notACache(file: string, got: unknown): BlockFusionError {
  return new BlockFusionError('invalid-option', {
    where: `--cache ${file}`,
    must: 'must be a file that this command wrote, or none yet',
    got,
    fix: 'delete it, or name another',
  });
}

/** Asked before anything is measured for it. */
async function checkWritable(file: string): Promise<void> {
  try {
    await access(
      await access(file).then(
        () => file,
        () => dirname(file),
      ),
      constants.W_OK,
    );
  } catch (cause) {
    throw notWritable('invalid-option', file, cause);
  }
}

async function writeCache(file: string, cache: CacheFile): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(cache, null, 2)}\n`);
  } catch (cause) {
    throw notWritable('output', file, cause);
  }
}

function notWritable(code: 'invalid-option' | 'output', file: string, got: unknown): BlockFusionError {
  return new BlockFusionError(code, {
    where: `--cache ${file}`,
    must: 'must be writable',
    got,
    fix: 'name another file',
  });
}
