/** Starts browser engines, and ends them: of one that has ended no process and no file is left. */
import {execFile, spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {BlockFusionError} from '../ops/errors.ts';
import type {Command, PageToOpen} from './engine.ts';
import {type EngineName, ENGINES, missingPackages} from './engines.ts';

export interface RunningEngine {
  /** Resolves when the engine has ended, asked or not, with the last that it printed. */
  readonly ended: Promise<string>;
  /** Ends the engine. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** So long the processes of an engine may take to end when asked. */
const PATIENCE_MS = 3000;
/** Of what an engine prints, so much is kept. Units: characters. */
const KEPT_OUTPUT = 4000;

/**
 * Opens a page in an engine of its own, with a fresh profile.
 * Throws: `missing-dependency`.
 */
export function launchEngine(name: EngineName, page: Omit<PageToOpen, 'folder'>): RunningEngine {
  checkInstalled(name);
  const folder = mkdtempSync(join(tmpdir(), `block-fusion-${name}-`));
  const {program, args, env} = atHome(folder, ENGINES[name].open({...page, folder}));
  // A process group of its own: an engine is several processes, which are ended together.
  const child = spawn(program, args, {
    env: {...process.env, ...env},
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output = (output + text.toString()).slice(-KEPT_OUTPUT)));

  const group: Group = {pid: child.pid, folder};
  groups.add(group);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', () => {
      resolve(output);
    });
  });
  return {
    ended,
    async close() {
      signal(group, 'SIGTERM');
      await Promise.race([ended, sleep(PATIENCE_MS, undefined, {ref: false})]);
      for (let waited = 0; waited < PATIENCE_MS && signal(group, 0); waited += 50) await sleep(50);
      remove(group);
    },
  };
}

/**
 * Returns an engine's name and version.
 * Throws: `missing-dependency`.
 */
export async function engineVersion(name: EngineName): Promise<string> {
  checkInstalled(name);
  const {title, version} = ENGINES[name];
  const folder = mkdtempSync(join(tmpdir(), `block-fusion-${name}-`));
  try {
    const {program, args, env} = atHome(folder, version());
    const {stdout} = await promisify(execFile)(program, args, {env: {...process.env, ...env}});
    return `${title} ${/\d[\w.]*/.exec(stdout)?.[0] ?? 'of an unknown version'}`;
  } finally {
    rmSync(folder, {recursive: true});
  }
}

function checkInstalled(name: EngineName): void {
  const missing = missingPackages(name);
  if (missing.length === 0) return;
  throw new BlockFusionError('missing-dependency', {
    where: `--engine ${name}`,
    must: `${ENGINES[name].title} must be installed`,
    got: `no ${missing.join(', no ')}`,
    fix: `install it (Debian: apt-get install ${missing.join(' ')})`,
  });
}

/** Has a command write everything that it writes for its user into a folder. */
function atHome(folder: string, {program, args, env}: Command): Required<Command> {
  const home = ['HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME'];
  return {program, args, env: {...Object.fromEntries(home.map((variable) => [variable, folder])), ...env}};
}

/** An engine's processes and files. */
interface Group {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  readonly folder: string;
}

/** What there is to end where this process ends first. */
const groups = new Set<Group>();

process.once('exit', () => {
  for (const group of groups) signal(group, 'SIGTERM');
  if (groups.size > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  groups.forEach(remove);
});
for (const [name, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const)
  process.once(name, () => process.exit(128 + number));

function remove(group: Group): void {
  signal(group, 'SIGKILL');
  rmSync(group.folder, {recursive: true, force: true, maxRetries: 10});
  groups.delete(group);
}

/** Sends a signal to all of an engine's processes. Returns whether there are any. */
function signal({pid}: Group, name: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, name);
  } catch {
    return false;
  }
}
