/** Compiles bench/assembly/peak.ts for both SIMD levels, in memory. */
import {readFile} from 'node:fs/promises';
import type {SimdLevel} from '../ops/wasm/detect.ts';

const FLAGS: Readonly<Record<SimdLevel, readonly string[]>> = {
  simd: ['--enable', 'simd'],
  'relaxed-simd': ['--enable', 'simd', '--enable', 'relaxed-simd'],
};

/** Returns the bytes of the module. */
export async function compilePeak(level: SimdLevel): Promise<Uint8Array<ArrayBuffer>> {
  // The compiler takes seconds to load: only when it is needed.
  const {default: asc} = await import('assemblyscript/asc');
  const source = await readFile(new URL('assembly/peak.ts', import.meta.url), 'utf8');
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const {error} = await asc.main(
    ['peak.ts', '--outFile', 'peak.wasm', '-O3', '--runtime', 'stub', '--noAssert', ...FLAGS[level]],
    {
      stderr: process.stderr,
      readFile: (name) => (name === 'peak.ts' ? source : null),
      writeFile: (_, contents) => {
        bytes = contents as Uint8Array<ArrayBuffer>;
      },
    },
  );
  if (error !== null || bytes === undefined) throw error ?? new Error('asc: nothing written');
  return bytes;
}
