/**
 * Compiles AssemblyScript to the modules that the sources embed in hex, for engines with plain and with relaxed SIMD: the
 * kernels (ops/wasm), and the loops that a machine is measured by (src/analysis/machine). They take a plain memory;
 * ops/wasm/sharedMemory.ts makes the kernels take a shared one. Some of their micro-kernels depthwise.mjs writes before. The script
 * of the kernels' workers is embedded beside them.
 * `npm run build:wasm`
 */
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {compileAssembly, LEVEL_FLAGS} from './assembly.mjs';
import {depthwiseSource} from './depthwise.mjs';
import {guestFaults} from './wasmModule.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each folder's index.ts is a module; `output` exports its bytes as `name`. */
const MODULES = [
  {what: 'kernels', assembly: 'ops/wasm/assembly', output: 'ops/wasm/bytes.ts', name: 'WASM_BYTES'},
  {
    what: 'loops',
    assembly: 'src/analysis/machine/assembly',
    output: 'src/analysis/machine/bytes.ts',
    name: 'LOOP_BYTES',
  },
];

/** Letters of a piece of a module's text: those of both levels, which are much alike, follow each other. */
const PIECE = 8000;

const OPTIMIZE = ['-O3', '--shrinkLevel', '1'];

writeFileSync(join(root, 'ops/wasm/assembly/f32_depthwise_rows.ts'), depthwiseSource());

for (const module of MODULES) {
  const {output} = module;
  const stamp = `inputs: ${hashOfInputs(module)}`;
  const file = join(root, output);
  if (existsSync(file) && readFileSync(file, 'utf8').includes(stamp)) console.log(`${output} is up to date`);
  else writeFileSync(file, render(module, stamp, await compileAll(module)));
}

await embedWorker();

/** Bundles ops/wasm/threads/worker.ts into one script, and exports its text. */
async function embedWorker() {
  const {outputFiles} = await build({
    entryPoints: [join(root, 'ops/wasm/threads/worker.ts')],
    ...{bundle: true, minify: true, write: false},
    ...{format: 'iife', target: 'es2022', legalComments: 'none'},
  });
  const source = outputFiles[0].text.trim();
  const output = 'ops/wasm/threads/workerSource.ts';
  writeFileSync(
    join(root, output),
    `/** The workers' script. Made by scripts/buildWasm.mjs from worker.ts: do not edit. */
export const WORKER_SOURCE = ${JSON.stringify(source)};
`,
  );
  console.log(`${output}: ${source.length} characters`);
}

/** A hash of everything that the modules depend on: sources, compiler, and the scripts that drive it. */
function hashOfInputs({assembly}) {
  const folder = join(root, assembly);
  const sources = readdirSync(folder, {recursive: true})
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));
  const scripts = ['assembly', 'buildWasm', 'wasmModule'].map((name) => `scripts/${name}.mjs`);
  const drivers = [...scripts, 'node_modules/assemblyscript/package.json'];
  const hash = createHash('sha256');
  for (const file of [...sources, ...drivers.map((name) => join(root, name))])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

async function compileAll({what, assembly}) {
  const modules = {};
  for (const [level, flags] of Object.entries(LEVEL_FLAGS)) {
    const bytes = await compileAssembly(join(root, assembly), [...OPTIMIZE, ...flags]);
    const faults = guestFaults(bytes);
    if (faults.length > 0) throw new Error(`The ${level} module of the ${what} ${faults.join(', ')}`);
    console.log(`${what}, ${level}: ${bytes.length} bytes`);
    modules[level] = bytes;
  }
  return modules;
}

function render({what, assembly, name}, stamp, modules) {
  const texts = Object.entries(modules).map(([level, bytes]) => [level, Buffer.from(bytes).toString('hex')]);
  const count = Math.ceil(Math.max(...texts.map(([, text]) => text.length)) / PIECE);
  const pieces = Array.from({length: count}, (_, i) => {
    const levels = texts.map(
      ([level, text]) => `${JSON.stringify(level)}: '${text.slice(i * PIECE, (i + 1) * PIECE)}'`,
    );
    return `  {${levels.join(', ')}},\n`;
  });
  return `/**
 * The compiled ${what}, in hex, which gzip packs better than base64; in pieces, since it finds no likeness over more than 32 KiB.
 * Made by scripts/buildWasm.mjs from ${assembly}: do not edit.
 */
// ${stamp}
export const ${name}: readonly Readonly<Record<'simd' | 'relaxed-simd', string>>[] = [
${pieces.join('')}];
`;
}
