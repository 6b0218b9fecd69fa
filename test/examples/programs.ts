/** Programs that the projects are tried with: each leads a process group, of which nothing outlives it or this process. */
import {type ChildProcessByStdio, spawn} from 'node:child_process';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';

const ENVIRONMENT = {...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', FORCE_COLOR: undefined};

/** So long a program that is asked to end may take. */
const STOP_MS = 5000;

export interface Program {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Becomes its exit code, null for one that a signal ended. */
  readonly ended: Promise<number | null>;
  isRunning(): boolean;
  /** Asks it to end, and ends what is left of its group. */
  stop(): Promise<void>;
}

const groups = new Set<number>();
process.once('exit', () => {
  groups.forEach(kill);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    process.exit(1);
  });

export function start(program: string, args: readonly string[], cwd: string): Program {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, args, {
    cwd,
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const group = child.pid;
  if (group !== undefined) groups.add(group);
  let running = true;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).finally(() => {
    running = false;
    if (group === undefined) return;
    kill(group);
    groups.delete(group);
  });
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    isRunning: () => running,
    stop: async () => {
      if (!running) return;
      process.kill(-group!, 'SIGTERM');
      await Promise.race([ended, sleep(STOP_MS, undefined, {ref: false})]);
      kill(group!);
      await ended;
    },
  };
}

/** Runs a program to the end. Returns its stdout. Throws where it fails, with all that it printed. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const started = start(program, args, cwd);
  const [code, stdout, stderr] = await Promise.all([started.ended, text(started.stdout), text(started.stderr)]);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: must exit with 0, got ${code}\n${stdout}${stderr}`);
  return stdout;
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}
