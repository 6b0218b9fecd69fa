/** Compiles folders of AssemblyScript, one after the other in one process: `compileAssembly.mjs [level folder]…` writes module.wasm into each. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import asc from 'assemblyscript/asc';

const FLAGS = ['--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1', '--enable', 'simd', '-O1'];

const args = process.argv.slice(2);
for (let i = 0; i < args.length; i += 2) await compile(args[i], args[i + 1]);

async function compile(level, folder) {
  const relaxed = level === 'relaxed-simd' ? ['--enable', 'relaxed-simd'] : [];
  const {error, stderr} = await asc.main(['index.ts', '--outFile', 'module.wasm', ...FLAGS, ...relaxed], {
    readFile: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : null),
    writeFile: (name, contents) => writeFileSync(join(folder, name), contents),
  });
  if (error) throw new Error(`${folder}: ${error.message}\n${stderr.toString()}`);
}
