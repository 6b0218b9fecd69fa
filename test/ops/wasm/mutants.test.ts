/**
 * Mutants keep the sweep honest: each breaks one stage of the kernels by one edit of the AssemblyScript, and must make some block
 * of the sweep fail, by wrong numbers or by a guard.
 */
import {execFileSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import type {KernelExports} from '../../../ops/wasm/module.ts';
import {type BlockCase, LAYERED_BLOCKS, PART_BLOCKS, SMALL_BLOCKS} from '../../helpers/blockCases.ts';
import {checkTiles, type KernelVariant} from '../../suites/wasmKernel.ts';

// Node 20 has it behind a flag.
setFlagsFromString('--experimental-wasm-relaxed-simd');

const ASSEMBLY = join(__dirname, '../../../ops/wasm/assembly');

interface Mutant {
  readonly stage: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly level: SimdLevel;
}

const mutant = (stage: string, file: string, from: string, to: string, level: SimdLevel = 'simd'): Mutant => ({
  ...{stage, file, from, to, level},
});

const ROWS = 'f32_depthwise_rows.ts';

const MUTANTS: readonly Mutant[] = [
  mutant(
    'k3: one tap dropped',
    ROWS,
    '128); c2 = mulAdd(x, w2, c2); c3 = mulAdd(x, w1, c3);\n',
    '128); c2 = mulAdd(x, w2, c2);\n',
  ),
  mutant(
    'k3 stride 2: one tap of another output',
    ROWS,
    '128); c1 = mulAdd(x, w2, c1); c2 = mulAdd(x, w0, c2);',
    '128); c1 = mulAdd(x, w1, c1); c2 = mulAdd(x, w0, c2);',
  ),
  mutant(
    'k5: one weight of another tap',
    ROWS,
    '256); c4 = mulAdd(x, w4, c4); c5 = mulAdd(x, w3, c5);',
    '256); c4 = mulAdd(x, w4, c4); c5 = mulAdd(x, w2, c5);',
  ),
  mutant('k5 stride 2: one tap dropped', ROWS, '224); c2 = mulAdd(x, w3, c2);', '224);'),
  mutant('k7: one tap dropped', ROWS, 'c5 = mulAdd(x, w6, c5); c6', 'c6'),
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
  mutant('window: padding rows read', 'spatial.ts', 'max(0, -top)', '0'),
  mutant(
    'window: last row of the image skipped',
    'spatial.ts',
    'int(call, Field.HEIGHT) - top',
    'int(call, Field.HEIGHT) - 1 - top',
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
    'shuffle<f32>(r0, r1, 0, 4, 1, 5)',
    'shuffle<f32>(r0, r1, 1, 5, 0, 4)',
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
    'f32_gemm.ts',
    'c12 = mulAdd(pixel, b2, c12);',
    'c12 = mulAdd(pixel, b1, c12);',
  ),
  mutant('GEMM: two panels of one bias', 'f32_gemm.ts', 'bias == 0 ? outPanel : ROW', 'bias == 0 ? outPanel : 0'),
  mutant('GEMM: a lone panel of one tile', 'f32_gemm.ts', 'other = a + tileBytes', 'other = a'),
  mutant(
    'GEMM: the sixth row',
    'f32_gemm.ts',
    'c51 = mulAdd(pixel, b1, c51);',
    'c51 = mulAdd(pixel, b0, c51);',
    'relaxed-simd',
  ),
  mutant('GEMM: tiles of five rows one row apart', 'f32_gemm.ts', 'rows == 5', 'rows == 7', 'relaxed-simd'),
  mutant(
    'pack: the fifth row',
    'pack.ts',
    'store_lane<f32>(to, r4, 2, 56)',
    'store_lane<f32>(to, r4, 3, 56)',
    'relaxed-simd',
  ),
  mutant('pack: the sixth row', 'pack.ts', 'low45, 1, 40', 'high45, 1, 40', 'relaxed-simd'),
  mutant(
    'GEMM: last input left out',
    'f32_gemm.ts',
    'let end = b + <usize>depth * ROW;',
    'let end = b + <usize>(depth - 1) * ROW;',
  ),
  mutant('expand: bias of the first panels for all', 'convFirst.ts', '    bias += GEMM_PANELS * ROW;\n', ''),
  mutant(
    'expand-first: last new row not expanded',
    'expandFirst.ts',
    'for (let r = first; r < end; r++, row',
    'for (let r = first; r < end - 1; r++, row',
  ),
  mutant('activation: SiLU without its factor x', 'activation.ts', 'y1 = f32x4.mul(x1, y1);', ''),
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
  mutant(
    'write: residual left out of the tail',
    'project.ts',
    'residual ? load<f32>(from) + load<f32>(x + at) : load<f32>(from)',
    'load<f32>(from)',
  ),
  mutant(
    'write: last pixel of a row left out',
    'project.ts',
    'accumulator + <usize>tileColumns(call) * ROW',
    'accumulator + <usize>(tileColumns(call) - 1) * ROW',
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
  mutant(
    'step: one place for all shared parts',
    'step.ts',
    'tileIndex(call) * int(call, Field.PARTS) + part',
    'tileIndex(call)',
  ),
  mutant(
    'expand-first: rows taken for kept',
    'expandFirst.ts',
    'keepRows && follows && row > 0',
    'keepRows && row > 0',
  ),
];

/** Of the stages that few blocks have. */
const PART_MUTANTS: readonly Mutant[] = [
  mutant(
    'separable: the first channels for all',
    'separable.ts',
    'copyTile(call, hidden + first, channels)',
    'copyTile(call, first, channels)',
  ),
  mutant(
    "PReLU: the first panel's slopes for all",
    'activation.ts',
    'slopesOf(activation, channel + 8 * panel)',
    'slopesOf(activation, channel)',
  ),
  mutant(
    'PReLU: where x > 0',
    'activation.ts',
    'f32x4.mul(x, slopes), x, f32x4.lt',
    'f32x4.mul(x, slopes), x, f32x4.gt',
  ),
  mutant(
    'write: activated before the sum',
    'project.ts',
    '    if (residual) addInput(call, sums, panelBytes);\n    activatePanels(activation, output, sums, panels, panelBytes);',
    '    activatePanels(activation, output, sums, panels, panelBytes);\n    if (residual) addInput(call, sums, panelBytes);',
  ),
  mutant(
    'write: x left out of the tail before an activation',
    'project.ts',
    'store<f32>(to, load<f32>(to) + load<f32>(x + at))',
    'store<f32>(to, load<f32>(to))',
  ),
  mutant(
    'global: last tile left out of the sums',
    'global.ts',
    'tile < tiles; tile++) sum =',
    'tile < tiles - 1; tile++) sum =',
  ),
  mutant('global: pixels past the last four left out', 'global.ts', '(pixels & 3) * ROW', '0'),
  mutant("global: the first image's sums for all", 'global.ts', '<usize>(image * tiles) * bytes', '0'),
  mutant(
    "global: the first image's factors for all",
    'global.ts',
    '(channel >> 3) * stride + image',
    '(channel >> 3) * stride',
  ),
  mutant(
    "global: the first tile's values for all",
    'global.ts',
    '<usize>tile * <usize>int(call, Field.TILE_VALUES_BYTES)',
    '0',
  ),
  mutant(
    'global: activated on both sides of the factors',
    'global.ts',
    'if (!int(call, Field.ACTIVATION_AFTER_EXCITE)) activatePanels',
    'activatePanels',
  ),
  mutant('global: the pixels past a row of four', 'global.ts', 'v128.store(to + rest, last);', '', 'relaxed-simd'),
  mutant('response norm: plain sums', 'global.ts', 'if (squared) sumPixels(true', 'if (squared) sumPixels(false'),
  mutant(
    'response norm: the mean over padded channels',
    'global.ts',
    'sum / <f32>hidden',
    'sum / <f32>roundUp(hidden, 8)',
  ),
  mutant('step: one part of the outputs for all', 'step.ts', '(step % outputParts) * outputs', '0'),
];

/** Blocks enough to reach every stage, the small ones thinned out. */
const SWEEP: readonly BlockCase[] = [...LAYERED_BLOCKS, ...SMALL_BLOCKS.filter((_, i) => i % 3 === 0)];
/** The same of the stages that few blocks have. */
const PART_SWEEP: readonly BlockCase[] = PART_BLOCKS.filter(
  ({spec: {hiddenChannels}}, i) => i % 5 === 0 || [13, 43, 240].includes(hiddenChannels),
);

describe('a mutant of each stage is caught', () => {
  const unchanged = mutant('none', 'index.ts', '', '');
  const all = [unchanged, {...unchanged, level: 'relaxed-simd' as const}, ...MUTANTS, ...PART_MUTANTS];
  let folder: string;
  const folderOf = (each: Mutant): string => join(folder, String(all.indexOf(each)));

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mutants-'));
    for (const each of all) {
      cpSync(ASSEMBLY, folderOf(each), {recursive: true});
      const path = join(folderOf(each), each.file);
      const source = readFileSync(path, 'utf8');
      if (!source.includes(each.from)) throw new Error(`${each.stage}: ${each.file} has no ${each.from}`);
      writeFileSync(path, source.replace(each.from, each.to));
    }
    const compiler = join(__dirname, '../../helpers/compileAssembly.mjs');
    execFileSync(process.execPath, [compiler, ...all.flatMap((each) => [each.level, folderOf(each)])], {stdio: 'pipe'});
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  function survives(each: Mutant, sweep: readonly BlockCase[]): boolean {
    const module = new WebAssembly.Module(readFileSync(join(folderOf(each), 'module.wasm')));
    const instantiate = (memory: WebAssembly.Memory): KernelExports =>
      new WebAssembly.Instance(module, {env: {memory}}).exports as unknown as KernelExports;
    const variant: KernelVariant = {level: each.level, shared: false, instantiate};
    return sweep.every((block) => {
      try {
        checkTiles(variant, block);
        return true;
      } catch {
        return false;
      }
    });
  }

  it.each(all.slice(0, 2).map((each) => [each.level, each] as const))(
    'none: the kernels of %s pass the sweep',
    (_, each) => {
      expect(survives(each, [...SWEEP, ...PART_SWEEP])).toBe(true);
    },
  );

  it.each(MUTANTS.map((each) => [each.stage, each] as const))('%s', (_, each) => {
    expect(survives(each, SWEEP)).toBe(false);
  });

  it.each(PART_MUTANTS.map((each) => [each.stage, each] as const))('%s', (_, each) => {
    expect(survives(each, PART_SWEEP)).toBe(false);
  });
});
