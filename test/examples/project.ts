/** A project of examples/ as its reader has it: copied, its README followed, the packed package and its dependencies installed. */
import {spawn} from 'node:child_process';
import {cp, mkdir, readdir, readFile, symlink} from 'node:fs/promises';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import {basename, join} from 'node:path';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a project may have beside what the repository has: of somebody who has tried it in place. */
const MADE = ['node_modules', '.next', 'dist', 'build', 'model', 'digits', 'next-env.d.ts', 'package-lock.json'];

/** So long a server may take until it answers. */
const START_MS = 120_000;

const ENVIRONMENT = {...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', FORCE_COLOR: undefined};

/** A server of a project. */
export interface Server {
  readonly url: string;
  /** What it has printed. */
  log(): string;
  stop(): Promise<void>;
}

/** Returns the names of all projects. */
export async function projectNames(): Promise<string[]> {
  const entries = await readdir(join(ROOT, 'examples'), {withFileTypes: true});
  return entries.filter((entry) => entry.isDirectory()).map(({name}) => name);
}

/** Makes `folder` a clone, as far as the projects' READMEs take from it. */
export async function makeClone(folder: string): Promise<void> {
  await mkdir(join(folder, 'examples'));
  await symlink(join(ROOT, 'models'), join(folder, 'models'));
}

/** Packs the package as `npm publish` would. Returns the path of the file. */
export async function pack(folder: string): Promise<string> {
  await run('npm', ['pack', '--pack-destination', folder], ROOT);
  const [tarball, ...more] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  if (tarball === undefined || more.length > 0)
    throw new Error(`npm pack: must write one file, got ${more.length + 1}`);
  return join(folder, tarball);
}

export class Project {
  private constructor(
    readonly name: string,
    readonly folder: string,
  ) {}

  /** Copies a project into a clone. */
  static async copy(name: string, clone: string): Promise<Project> {
    const source = join(ROOT, 'examples', name);
    const folder = join(clone, 'examples', name);
    await cp(source, folder, {recursive: true, filter: (path) => !MADE.includes(basename(path))});
    return new Project(name, folder);
  }

  /** Copies the model as the README says, and installs the packed package and what package.json asks for. */
  async install(tarball: string): Promise<void> {
    for (const command of await this.copies()) await run('bash', ['-c', command], this.folder);
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
    await run('npm', ['install', ...flags, tarball], this.folder);
  }

  /** Runs a script of its package.json to the end. Returns what it printed on stdout. */
  runScript(script: string): Promise<string> {
    return run('npm', ['run', '--silent', script], this.folder);
  }

  /** Starts a script that is a server, and waits until it answers. `port`: the flag that says on which port. */
  async serve(script: string, port: string): Promise<Server> {
    const free = String(await freePort());
    const args = ['run', '--silent', script, '--', port, free];
    const started = spawn('npm', args, {
      cwd: this.folder,
      env: ENVIRONMENT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
    const ended = new Promise<void>((resolve) =>
      started.once('close', () => {
        resolve();
      }),
    );
    const stop = async (): Promise<void> => {
      // All that npm started, which is the server.
      if (started.exitCode === null && started.pid !== undefined) process.kill(-started.pid, 'SIGKILL');
      await ended;
    };
    const url = `http://localhost:${free}/`;
    const deadline = performance.now() + START_MS;
    while (!(await answers(url))) {
      if (started.exitCode !== null || performance.now() > deadline) {
        await stop();
        throw new Error(`npm run ${script}: must answer at ${url}, got\n${log}`);
      }
      await sleep(200);
    }
    return {url, log: () => log, stop};
  }

  /** The commands of the README that copy what the repository has. */
  private async copies(): Promise<string[]> {
    const readme = await readFile(join(this.folder, 'README.md'), 'utf8');
    const [, commands = ''] = /^```sh\n([^]*?)^```$/m.exec(readme) ?? [];
    return commands.split('\n').filter((line) => line.includes('cp -r '));
  }
}

/** Runs a program to the end. Returns its stdout. Throws where it fails, with all that it printed. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(program, args, {cwd, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe']});
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: must exit with 0, got ${code}\n${stdout}${stderr}`);
  return stdout;
}

async function answers(url: string): Promise<boolean> {
  try {
    const {body, ok} = await fetch(url);
    await body?.cancel();
    return ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const {port} = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
