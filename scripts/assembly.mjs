/** The AssemblyScript compiler on a folder of sources. */
import {existsSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import asc from 'assemblyscript/asc';

/**
 * Returns the bytes of the module that a folder's index.ts makes. Flags beside these are the caller's.
 *
 * @param {string} folder
 * @param {readonly string[]} flags
 * @returns {Promise<Uint8Array>}
 */
export async function compileAssembly(folder, flags) {
  let bytes;
  const {error, stderr} = await asc.main(['index.ts', '--outFile', 'module.wasm', ...COMMON, ...flags], {
    readFile: (name) => readSource(folder, name),
    writeFile: (_, contents) => void (bytes = contents),
  });
  if (error) throw new Error(`asc: ${folder}: ${error.message}\n${stderr.toString()}`);
  return bytes;
}

const COMMON = '--runtime stub --noAssert --importMemory --initialMemory 1 --enable simd'.split(' ');

/** What a SIMD level takes beside. */
export const LEVEL_FLAGS = {simd: [], 'relaxed-simd': ['--enable', 'relaxed-simd']};

/** Reads a file of the folder alone; the compiler takes null as "not there". */
function readSource(folder, name) {
  const file = join(folder, name);
  return relative(folder, file).startsWith('..') || !existsSync(file) ? null : readFileSync(file, 'utf8');
}
