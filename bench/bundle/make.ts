/**
 * `npm run bench:bundle`: makes build/bench-bundle, a folder with all that the WebGPU tests and benches need on a Linux machine
 * with a GPU and no network: the code, this Node, Dawn, and what unpacks and loads them. There: `bash run.sh`.
 */
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {machine} from '../speed/machine.ts';

const MAX_BYTES = 60 * 2 ** 20;
const here = dirname(fileURLToPath(import.meta.url));
const folder = fileURLToPath(new URL('../../build/bench-bundle', import.meta.url));
const PLATFORM = 'linux-x64';

/** Where a Debian, or another Linux, has its libraries. */
const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

if (`${process.platform}-${process.arch}` !== PLATFORM) throw new Error(`bench:bundle runs on ${PLATFORM}`);
rmSync(folder, {recursive: true, force: true});
mkdirSync(join(folder, 'lib'), {recursive: true});

await bundleCode();
copyDawn();
compress(process.execPath, 'node.xz');
cpSync(realpathSync(which('xz')), join(folder, 'xz'));
copyLibrary('liblzma.so.5');
// Without one here there may be one there: what the GPU's driver needs.
if (!copyLibrary('libvulkan.so.1')) console.log('libvulkan.so.1: none here to take along');
cpSync(join(here, 'run.sh'), join(folder, 'run.sh'));
writeFileSync(join(folder, 'commit'), (await machine()).commit);

const bytes = sizeOf(folder);
console.log(`${folder}: ${mib(bytes)} MiB of ${mib(MAX_BYTES)}`);
if (bytes > MAX_BYTES) process.exitCode = 1;

/** Backends other than webgpu stay outside: nothing there asks for them. */
async function bundleCode(): Promise<void> {
  await build({
    entryPoints: [join(here, 'main.ts')],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    minify: true,
    // By the names of its classes tfjs tells what a dispatch is of.
    keepNames: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['webgpu', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-cpu'],
    // The CommonJS files of tfjs want Node's own modules.
    banner: {js: "import {createRequire} from 'node:module';const require = createRequire(import.meta.url);"},
    ignoreAnnotations: true,
    logLevel: 'warning',
  });
}

/** The package as it is installed, for one platform alone. */
function copyDawn(): void {
  const installed = dirname(createRequire(import.meta.url).resolve('webgpu'));
  const copy = join(folder, 'webgpu');
  const dawn = join('dist', PLATFORM, 'dawn.node');
  mkdirSync(join(copy, dirname(dawn)), {recursive: true});
  for (const name of ['package.json', 'index.js', 'LICENSE.md']) cpSync(join(installed, name), join(copy, name));
  compress(join(installed, dawn), join('webgpu', `${dawn}.xz`));
}

function compress(file: string, packed: string): void {
  const most = 2 ** 28;
  writeFileSync(join(folder, packed), execFileSync('xz', ['-6', '-T0', '-c', file], {maxBuffer: most}));
}

/** Returns whether there is one to copy. */
function copyLibrary(name: string): boolean {
  const found = LIBRARIES.map((library) => join(library, name)).find((path) => existsSync(path));
  if (found !== undefined) cpSync(realpathSync(found), join(folder, 'lib', name));
  return found !== undefined;
}

function which(program: string): string {
  const found = (process.env['PATH'] ?? '').split(':').map((path) => join(path, program));
  return found.find((path) => existsSync(path)) ?? program;
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function mib(size: number): string {
  return (size / 2 ** 20).toFixed(1);
}
