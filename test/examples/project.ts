/** A project of examples/ as its reader has it: copied, its README followed, the packed package and its dependencies installed. */
import {cp, mkdir, readdir, readFile, symlink} from 'node:fs/promises';
import {type AddressInfo, createServer} from 'node:net';
import {basename, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {run, start} from './programs.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a project may have beside what the repository has: of somebody who has tried it in place. */
const MADE = ['node_modules', '.next', 'dist', 'build', 'model', 'digits', 'next-env.d.ts', 'package-lock.json'];

/** So long a server may take until it answers. */
const START_MS = 120_000;

/** A server of a project. */
export interface Server {
  readonly url: string;
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
    const server = start('npm', ['run', '--silent', script, '--', port, free], this.folder);
    let log = '';
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
    const url = `http://localhost:${free}/`;
    const deadline = performance.now() + START_MS;
    while (!(await answers(url))) {
      if (!server.isRunning() || performance.now() > deadline) {
        await server.stop();
        throw new Error(`npm run ${script}: must answer at ${url}, got\n${log}`);
      }
      await sleep(200);
    }
    return {url, stop: () => server.stop()};
  }

  /** The commands of the README that copy what the repository has. */
  private async copies(): Promise<string[]> {
    const readme = await readFile(join(this.folder, 'README.md'), 'utf8');
    const [, commands = ''] = /^```sh\n([^]*?)^```$/m.exec(readme) ?? [];
    return commands.split('\n').filter((line) => line.includes('cp -r '));
  }
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
