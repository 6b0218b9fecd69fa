/**
 * Compiles the AssemblyScript kernels (ops/wasm/assembly) to the two modules that ops/wasm/bytes.ts embeds: for engines with
 * plain and with relaxed SIMD. They take a plain memory; ops/wasm/sharedMemory.ts makes them take a shared one.
 * `npm run build:wasm`
 */
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import asc from 'assemblyscript/asc';
import {guestFaults} from './wasmModule.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const assembly = join(root, 'ops/wasm/assembly');
const output = join(root, 'ops/wasm/bytes.ts');

const COMMON = '-O3 --runtime stub --noAssert --importMemory --initialMemory 1 --enable simd'.split(' ');
const LEVELS = {simd: [], 'relaxed-simd': ['--enable', 'relaxed-simd']};

const stamp = `inputs: ${hashOfInputs()}`;
if (existsSync(output) && readFileSync(output, 'utf8').includes(stamp)) {
  console.log('ops/wasm/bytes.ts is up to date');
} else {
  writeFileSync(output, render(await compileAll()));
}

/** A hash of everything that the modules depend on: kernels, compiler, and the scripts that drive it. */
function hashOfInputs() {
  const sources = readdirSync(assembly, {recursive: true})
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(assembly, name));
  const drivers = ['scripts/buildWasm.mjs', 'scripts/wasmModule.mjs', 'node_modules/assemblyscript/package.json'];
  const hash = createHash('sha256');
  for (const file of [...sources, ...drivers.map((name) => join(root, name))])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

async function compileAll() {
  const modules = {};
  for (const [level, levelFlags] of Object.entries(LEVELS)) {
    const bytes = await compile([...COMMON, ...levelFlags]);
    const faults = guestFaults(bytes);
    if (faults.length > 0) throw new Error(`The ${level} module ${faults.join(', ')}`);
    console.log(`${level}: ${bytes.length} bytes`);
    modules[level] = bytes;
  }
  return modules;
}

async function compile(flags) {
  let bytes;
  const {error, stderr} = await asc.main(['index.ts', '--outFile', 'kernels.wasm', ...flags], {
    readFile: readSource,
    writeFile: (_, contents) => void (bytes = contents),
  });
  if (error) throw new Error(`asc: ${error.message}\n${stderr.toString()}`);
  return bytes;
}

/** Reads a file of the assembly folder, where the hash sees it; the compiler takes null as "not there". */
function readSource(name) {
  const file = join(assembly, name);
  return relative(assembly, file).startsWith('..') || !existsSync(file) ? null : readFileSync(file, 'utf8');
}

function render(modules) {
  const levels = Object.entries(modules).map(
    ([level, bytes]) => `  ${JSON.stringify(level)}:\n    '${Buffer.from(bytes).toString('base64')}',\n`,
  );
  return `/** The compiled kernels, base64. Made by scripts/buildWasm.mjs from ops/wasm/assembly: do not edit. */
// ${stamp}
export const WASM_BYTES: Readonly<Record<'simd' | 'relaxed-simd', string>> = {
${levels.join('')}};
`;
}
