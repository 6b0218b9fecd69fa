/**
 * Times of whole blocks, to which the relative costs of ops/wasm are fitted: AMD EPYC, one thread, Node 20.20.2, tfjs 4.22.0,
 * 2026-11-21; of 16 samples of each side the fastest tenth (p10Ms). Units: milliseconds.
 */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import type {StockFormName} from '../../../ops/wasm/stockWork.ts';
import {ALL_CASES} from '../../../bench/speed/edgeCases.ts';
import type {Pair} from '../../../src/run/pair.ts';

/** The peak of the GEMM micro-kernel as that machine showed it. Units: operations a second. */
export const MEASURED_OPS_PER_S: Readonly<Record<SimdLevel, number>> = {
  simd: 5.725e10,
  'relaxed-simd': 6.085e10,
};

export interface MeasuredBlock extends BlockRun {
  readonly name: string;
  /** The fastest one. */
  readonly stockForm: StockFormName;
  readonly ms: Readonly<Record<SimdLevel, Pair<number>>>;
}

type Times = readonly [stock: number, fused: number];
type Row = readonly [name: string, form: StockFormName, simd: Times, relaxed: Times];

/** Blocks to which the costs are fitted, by the names of the bench's cases. */
const FITTED: readonly Row[] = [
  ['convnext-56x56x96', 'depthwise', [33.56, 10.76], [33.77, 10.48]],
  ['convnext-28x28x192', 'depthwise', [22.66, 10.02], [22.2, 9.791]],
  ['convnext-14x14x384', 'depthwise', [17.09, 9.965], [17.18, 10.07]],
  ['convnext-7x7x768', 'depthwise', [16.16, 10.66], [16.05, 10.38]],
  ['convfirst-64x64x64', 'split', [16.71, 9.998], [16.35, 9.304]],
  ['mbconv-16x16x256', 'gather', [18.65, 6.908], [18.78, 6.767]],
  ['mobilenetv2-56x56x24', 'depthwise', [1.805, 1.219], [1.786, 1.207]],
  ['mobilenetv2-56x56x24-stride2', 'depthwise', [0.9203, 0.7327], [0.9329, 0.7293]],
  ['mobilenetv2-14x14x64', 'depthwise', [0.5906, 0.4486], [0.609, 0.4549]],
  ['edge-mbconv-1x1x8-8-8', 'depthwise', [0.01583, 0.009388], [0.01668, 0.009983]],
  ['edge-mbconv-1x1x16-96-16', 'depthwise', [0.01641, 0.01016], [0.01727, 0.01055]],
  ['edge-mbconv-1x1x32-192-32', 'depthwise', [0.01628, 0.01226], [0.01642, 0.01239]],
  ['edge-mbconv-1x1x64-384-64', 'depthwise', [0.01929, 0.01871], [0.0191, 0.01861]],
  ['edge-mbconv-1x1x160-960-160', 'depthwise', [0.039, 0.06192], [0.03934, 0.06259]],
  ['edge-mbconv-1x1x160-960-160-batch8', 'depthwise', [0.1468, 0.4163], [0.1474, 0.4274]],
  ['edge-mbconv-1x1x16-96-16-batch8', 'depthwise', [0.01767, 0.0174], [0.0201, 0.01667]],
  ['edge-mbconv-1x5x160-960-160-batch8', 'depthwise', [0.6634, 0.8129], [0.6719, 0.8056]],
  ['edge-mbconv-2x2x160-960-160-batch8', 'depthwise', [0.5367, 0.4558], [0.5366, 0.4565]],
  ['edge-mbconv-3x3x160-960-160-batch8', 'depthwise', [1.182, 1.258], [1.206, 1.262]],
  ['edge-mbconv-7x7x160-960-160-batch8', 'depthwise', [6.404, 5.403], [6.527, 5.484]],
  ['edge-convfirst-7x7x768-3072-k7-g1-gelu-batch8', 'depthwise', [114.5, 82.49], [113.7, 81.13]],
  ['edge-mbconv-1x2x160-960-160', 'depthwise', [0.07954, 0.06252], [0.07986, 0.06172]],
  ['edge-mbconv-1x3x160-960-160', 'depthwise', [0.07869, 0.06034], [0.08114, 0.06225]],
  ['edge-mbconv-2x2x160-960-160', 'depthwise', [0.08151, 0.06674], [0.08249, 0.06646]],
  ['edge-mbconv-1x5x160-960-160', 'depthwise', [0.1431, 0.1125], [0.1405, 0.1087]],
  ['edge-mbconv-2x3x160-960-160', 'depthwise', [0.1443, 0.1142], [0.1425, 0.1128]],
  ['edge-mbconv-3x3x160-960-160', 'depthwise', [0.2074, 0.166], [0.2071, 0.1654]],
  ['edge-convfirst-1x1x64-384-k3-g8-silu', 'zero-filled', [0.02737, 0.019], [0.02662, 0.01882]],
  ['edge-convfirst-1x1x96-384-k7-g1-gelu', 'depthwise', [0.05943, 0.02343], [0.05417, 0.02276]],
  ['edge-convfirst-1x1x768-3072-k7-g1-gelu', 'depthwise', [0.658, 1.761], [0.6055, 1.311]],
  ['edge-convfirst-1x2x768-3072-k7-g1-gelu', 'depthwise', [1.323, 1.84], [1.224, 1.23]],
  ['edge-convfirst-1x3x768-3072-k7-g1-gelu', 'depthwise', [1.451, 1.612], [1.467, 1.473]],
  ['edge-convfirst-2x2x768-3072-k7-g1-gelu', 'depthwise', [1.801, 2.019], [1.787, 1.593]],
  ['edge-convfirst-1x5x768-3072-k7-g1-gelu', 'depthwise', [3.011, 2.275], [3.043, 2.113]],
  ['edge-convfirst-2x2x320-1280-k7-g1-gelu', 'depthwise', [0.2923, 0.1532], [0.2893, 0.1531]],
  ['edge-mbconv-4x4x4-8-4', 'depthwise', [0.01624, 0.009767], [0.01599, 0.009862]],
  ['edge-mbconv-7x7x4-24-4', 'depthwise', [0.01846, 0.01189], [0.01977, 0.01164]],
  ['edge-mbconv-14x14x4-8-4', 'depthwise', [0.02019, 0.01285], [0.022, 0.01287]],
  ['edge-mbconv-56x56x4-24-4', 'depthwise', [0.1949, 0.1223], [0.1953, 0.1184]],
  ['edge-mbconv-56x56x3-13-3', 'depthwise', [0.1263, 0.08785], [0.1242, 0.08565]],
  ['edge-mbconv-7x7x16-96-16', 'depthwise', [0.03187, 0.02204], [0.03051, 0.02086]],
  ['edge-mbconv-28x28x32-8-32', 'depthwise', [0.05476, 0.03856], [0.05373, 0.03655]],
  ['edge-mbconv-112x112x16-16-16', 'depthwise', [0.7789, 0.5318], [0.7563, 0.5049]],
  ['edge-mbconv-112x112x16-96-24', 'depthwise', [4.549, 3.171], [4.356, 2.992]],
  ['edge-convfirst-224x224x8-48-k3-g8-silu', 'zero-filled', [7.749, 5.214], [7.362, 4.251]],
  ['edge-convfirst-4x4x16-32-k3-g8-silu', 'zero-filled', [0.02375, 0.01165], [0.02541, 0.01146]],
  ['edge-convfirst-56x56x16-16-k3-g8-relu', 'zero-filled', [0.4902, 0.2582], [0.4942, 0.2403]],
  ['edge-convfirst-8x8x16-64-k7-g1-gelu', 'depthwise', [0.1089, 0.02126], [0.109, 0.01973]],
  ['edge-convfirst-4x4x8-32-k7-g1-gelu', 'depthwise', [0.04917, 0.01105], [0.04836, 0.01059]],
  ['edge-mbconv-4x4x160-960-320', 'depthwise', [0.3923, 0.3114], [0.395, 0.323]],
  ['edge-efficientnet-112x112x16-24-k3-stride2', 'depthwise', [3.728, 2.633], [3.727, 2.103]],
  ['edge-efficientnet-56x56x24-40-k5-stride2', 'depthwise', [1.913, 1.298], [1.969, 1.165]],
  ['edge-efficientnet-28x28x40-40-k5-stride1', 'depthwise', [2.032, 1.157], [2.081, 1.057]],
  ['edge-efficientnet-14x14x112-112-k5-stride1', 'depthwise', [2.342, 1.585], [2.339, 1.501]],
  ['edge-efficientnet-14x14x112-192-k5-stride2', 'depthwise', [1.389, 1.058], [1.393, 1.016]],
  ['edge-efficientnet-7x7x192-192-k5-stride1', 'depthwise', [1.563, 1.121], [1.566, 1.117]],
  ['edge-convfirst-7x7x512-2048-k3-g8-silu', 'split', [7.408, 4.885], [7.356, 4.841]],
  ['edge-convfirst-28x28x64-128-k3-g32-silu', 'split', [1.644, 1.12], [1.722, 1.127]],
  ['edge-convfirst-14x14x256-1024-k3-g32-silu', 'split', [6.551, 4.98], [6.579, 4.943]],
  ['edge-convfirst-56x56x64-384-k3-g8-stride2-silu', 'zero-filled', [3.776, 2.012], [3.781, 1.909]],
  ['edge-convfirst-28x28x64-256-k5-g8-silu', 'split', [2.777, 1.571], [2.663, 1.491]],
  ['edge-convfirst-28x28x64-64-k1-g1-relu', 'depthwise', [0.3532, 0.2942], [0.3493, 0.291]],
  ['edge-convfirst-28x28x64-64-k3-g1-relu', 'depthwise', [0.4204, 0.3332], [0.4098, 0.3238]],
  ['edge-convfirst-56x56x96-384-k7-g1-relu', 'depthwise', [23.79, 10.18], [23.14, 9.936]],
  ['edge-convfirst-28x28x64-256-k9-g1-relu', 'depthwise', [4.353, 1.449], [4.3, 1.464]],
];

/** Blocks of other shapes, by which the costs are judged. */
const JUDGED: readonly Row[] = [
  ['convnext-40x40x128', 'depthwise', [25.54, 9.628], [25.36, 9.219]],
  ['convnext-20x20x320', 'depthwise', [25.71, 14.24], [25.18, 13.71]],
  ['convnext-10x10x512', 'depthwise', [14.34, 9.575], [14.16, 9.224]],
  ['convfirst-32x32x128', 'split', [13.39, 8.907], [13.77, 8.701]],
  ['convfirst-48x24x96', 'split', [9.556, 5.806], [9.166, 5.541]],
  ['mobilenetv2-28x28x32', 'depthwise', [0.7174, 0.5054], [0.7043, 0.4912]],
  ['mobilenetv2-28x28x32-stride2', 'depthwise', [0.4332, 0.3435], [0.4256, 0.3342]],
];

export const FITTED_BLOCKS = FITTED.map(measuredBlock);
export const JUDGED_BLOCKS = JUDGED.map(measuredBlock);

function measuredBlock([name, stockForm, simd, relaxed]: Row): MeasuredBlock {
  const found = ALL_CASES.find((each) => each.name === name);
  if (found?.kind !== 'block') throw new Error(`${name} is no block of the bench`);
  const {spec, size} = found;
  const msOf = ([stock, fused]: Times): Pair<number> => ({stock, fused});
  return {name, spec, size, stockForm, ms: {simd: msOf(simd), 'relaxed-simd': msOf(relaxed)}};
}
