/**
 * Mutants keep the sweep honest: each breaks one stage of the kernels by one edit of the AssemblyScript, and must make some block
 * of the sweep fail, by wrong numbers or by a guard.
 */
import {execFileSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {KernelExports} from '../../../ops/wasm/module.ts';
import {type BlockCase, LAYERED_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';
import {checkTiles, type KernelVariant} from '../../suites/wasmKernel.ts';

const ROOT = join(__dirname, '../../..');
const ASSEMBLY = join(ROOT, 'ops/wasm/assembly');

interface Mutant {
  readonly stage: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const mutant = (stage: string, file: string, from: string, to: string): Mutant => ({stage, file, from, to});

const MUTANTS: readonly Mutant[] = [
  mutant('k3: one tap dropped', 'f32_depthwise_k3_4x4.ts', 'c2 = mulAdd(x, w1, c2);', ''),
  mutant(
    'k3 stride 2: one tap of another output',
    'f32_depthwise_k3s2_4x4.ts',
    'c1 = mulAdd(x, w2, c1);',
    'c1 = mulAdd(x, w1, c1);',
  ),
  mutant('k5: two weights swapped', 'f32_depthwise_k5_4x4.ts', 'c3 = mulAdd(x, w2, c3);', 'c3 = mulAdd(x, w3, c3);'),
  mutant('k7: one tap dropped', 'f32_depthwise_k7_8x4.ts', 'c6 = mulAdd(x, w3, c6);', ''),
  mutant(
    'any depthwise: halves of a panel swapped',
    'f32_depthwise_4x8.ts',
    'c11 = mulAdd(v128.load(x1, 16), w1, c11);',
    'c11 = mulAdd(v128.load(x1), w1, c11);',
  ),
  mutant('grouped: one pixel reads its neighbour', 'f32_grouped_4x8.ts', 'x3 = x2 + step', 'x3 = x2'),
  mutant(
    'grouped: first panel of a group alone',
    'f32_grouped_4x8.ts',
    'lastPanel = x + groupBytes',
    'lastPanel = x + panelBytes',
  ),
  mutant('window: padding rows read', 'window.ts', 'return max(0, -top(call, outRow));', 'return 0;'),
  mutant(
    'window: last row of the image skipped',
    'window.ts',
    'int(call, Field.HEIGHT) - top(call, outRow)',
    'int(call, Field.HEIGHT) - 1 - top(call, outRow)',
  ),
  mutant(
    'image: left padding not cleared',
    'image.ts',
    'let to = panel;\n    to = zeros(to, from - firstColumn);',
    'let to = panel + <usize>(from - firstColumn) * ROW;',
  ),
  mutant(
    'image: ring one row short',
    'image.ts',
    '(row % int(call, Field.IMAGE_ROWS))',
    '(row % (int(call, Field.IMAGE_ROWS) - 1))',
  ),
  mutant(
    'pack: two channels swapped',
    'pack.ts',
    'storeTransposed(to, v128.load(from), v128.load(from, 32)',
    'storeTransposed(to, v128.load(from, 32), v128.load(from)',
  ),
  mutant(
    'pack: channels past the last not cleared',
    'pack.ts',
    'lane < lanes ? load<f32>(from + at) : 0',
    'load<f32>(from + at)',
  ),
  mutant(
    'LayerNorm: tail left out of the mean',
    'pack.ts',
    'for (let at = tail; at < tail + lanes; at += FLOAT) sum += load<f32>(at);',
    '',
  ),
  mutant('LayerNorm: epsilon left out', 'pack.ts', 'squares / count + epsilon', 'squares / count'),
  mutant(
    'GEMM: one output of one pixel',
    'f32_gemm_4x8.ts',
    'c21 = mulAdd(pixel, b1, c21);',
    'c21 = mulAdd(pixel, b0, c21);',
  ),
  mutant(
    'GEMM: last input left out',
    'f32_gemm_4x8.ts',
    'const end = b + <usize>depth * ROW;',
    'const end = b + <usize>(depth - 1) * ROW;',
  ),
  mutant('expand: bias of the first panel for all', 'convFirst.ts', '    bias += ROW;\n', ''),
  mutant(
    'expand-first: last new row not expanded',
    'expandFirst.ts',
    'for (let r = first; r < end; r++, row',
    'for (let r = first; r < end - 1; r++, row',
  ),
  mutant('activation: SiLU without its factor x', 'activation.ts', 'timesX ? f32x4.mul(x1, gate1) : gate1', 'gate1'),
  mutant(
    'project: chunks overwrite each other',
    'project.ts',
    'let start: usize = 0;',
    'let start = address(call, Field.PROJECT_BIAS);',
  ),
  mutant(
    'project: a part starts from what the one before left',
    'project.ts',
    'else if (hidden == firstHidden(call)) start = fieldAddress(call, Field.ZEROS);',
    '',
  ),
  mutant('write: residual left out of the tail', 'project.ts', 'residual ? value + load<f32>(x + at) : value', 'value'),
  mutant(
    'write: last pixel of a row left out',
    'project.ts',
    'accumulator + <usize>columns * ROW',
    'accumulator + <usize>(columns - 1) * ROW',
  ),
  mutant(
    'step: the first image for all',
    'step.ts',
    'setInt(call, Field.STEP_IMAGE, image);',
    'setInt(call, Field.STEP_IMAGE, 0);',
  ),
  mutant('step: every step follows the one before', 'step.ts', 'i32(step == int(call, Field.STEP) + 1)', '1'),
  mutant(
    'step: parts overwrite each other',
    'step.ts',
    'else addRows(sums, total, bytes);',
    'else copyRows(sums, total, bytes);',
  ),
  mutant('step: last shared part left out', 'step.ts', 'part < parts; part++', 'part < parts - 1; part++'),
  mutant('step: one place for all shared parts', 'step.ts', 'tile * int(call, Field.PARTS) + part', 'tile'),
  mutant(
    'expand-first: rows taken for kept',
    'expandFirst.ts',
    'keepRows && follows && row > 0',
    'keepRows && row > 0',
  ),
];

/** Blocks enough to reach every stage, the small ones thinned out. */
const SWEEP: readonly BlockCase[] = [...LAYERED_BLOCKS, ...SMALL_BLOCKS.filter((_, i) => i % 3 === 0)];

function compile(folder: string): WebAssembly.Module {
  const flags = '--runtime stub --noAssert --importMemory --initialMemory 1 --enable simd -O1'.split(' ');
  const out = join(folder, 'mutant.wasm');
  const asc = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
  execFileSync(process.execPath, [asc, join(folder, 'index.ts'), '--outFile', out, ...flags], {stdio: 'pipe'});
  return new WebAssembly.Module(readFileSync(out));
}

describe('a mutant of each stage is caught', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mutant-'));
    cpSync(ASSEMBLY, folder, {recursive: true});
  });
  afterEach(() => {
    rmSync(folder, {recursive: true});
  });

  function variant(): KernelVariant {
    const module = compile(folder);
    const instantiate = (memory: WebAssembly.Memory): KernelExports =>
      new WebAssembly.Instance(module, {env: {memory}}).exports as unknown as KernelExports;
    return {level: 'simd', shared: false, instantiate};
  }

  const survives = (kernels: KernelVariant): boolean =>
    SWEEP.every((block) => {
      try {
        checkTiles(kernels, block);
        return true;
      } catch {
        return false;
      }
    });

  it('none: the kernels as they are pass the sweep', () => {
    expect(survives(variant())).toBe(true);
  });

  it.each(MUTANTS.map((m) => [m.stage, m] as const))('%s', (_, {file, from, to}) => {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    expect(source).toContain(from);
    writeFileSync(path, source.replace(from, to));
    expect(survives(variant())).toBe(false);
  });
});
