import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {WASM_BYTES} from '../../../ops/wasm/bytes.ts';
import {moduleBytes} from '../../../ops/wasm/module.ts';
import {withSharedMemory} from '../../../ops/wasm/sharedMemory.ts';

const ROOT = join(__dirname, '../../..');

it('gives what the compiler makes for a shared memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-'));
  const out = join(folder, 'shared.wasm');
  const flags =
    '-O3 --shrinkLevel 1 --runtime stub --noAssert --importMemory --initialMemory 1 --enable simd --sharedMemory --enable threads --maximumMemory 65536';
  const asc = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
  const source = join(ROOT, 'ops/wasm/assembly/index.ts');
  execFileSync(process.execPath, [asc, source, '--outFile', out, ...flags.split(' ')], {stdio: 'pipe'});
  expect(Buffer.from(withSharedMemory(moduleBytes(WASM_BYTES, 'simd')))).toEqual(readFileSync(out));
  rmSync(folder, {recursive: true});
});

it('refuses a module that takes no plain memory', () => {
  const shared = withSharedMemory(moduleBytes(WASM_BYTES, 'simd'));
  expect(() => withSharedMemory(shared)).toThrow('does not import a plain env.memory alone');
});
