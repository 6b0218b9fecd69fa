/**
 * Times of whole blocks, to which the relative costs of ops/wasm are fitted: AMD EPYC, one thread, Chromium 156.0.8078.108, tfjs 4.22.0,
 * 2026-11-27; of 16 samples of each side the fastest tenth (p10Ms). Units: milliseconds.
 */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import type {StockFormName} from '../../../ops/wasm/stockWork.ts';
import {ALL_CASES} from '../../../bench/speed/edgeCases.ts';
import type {Pair} from '../../../src/run/pair.ts';

/** The peak of the GEMM micro-kernel as that machine showed it. Units: operations a second. */
export const MEASURED_OPS_PER_S: Readonly<Record<SimdLevel, number>> = {
  simd: 6.127e10,
  'relaxed-simd': 6.385e10,
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
  ['convnext-56x56x96', 'depthwise', [30.01, 10.16], [29.78, 9.389]],
  ['convnext-28x28x192', 'depthwise', [20.3, 9.093], [20, 8.64]],
  ['convnext-14x14x384', 'depthwise', [16.02, 9.132], [15.54, 8.541]],
  ['convnext-7x7x768', 'depthwise', [14.77, 9.069], [14.97, 9.071]],
  ['convfirst-64x64x64', 'zero-filled', [18.47, 9.129], [17.91, 8.327]],
  ['mbconv-16x16x256', 'gather', [16.28, 5.803], [17.36, 5.893]],
  ['mobilenetv2-56x56x24', 'depthwise', [1.548, 1.035], [1.55, 1.017]],
  ['mobilenetv2-56x56x24-stride2', 'depthwise', [0.8149, 0.6212], [0.8394, 0.5988]],
  ['mobilenetv2-14x14x64', 'depthwise', [0.5345, 0.4029], [0.5325, 0.388]],
  ['edge-mbconv-1x1x8-8-8', 'depthwise', [0.009556, 0.007688], [0.00999, 0.007027]],
  ['edge-mbconv-1x1x16-96-16', 'depthwise', [0.008629, 0.006078], [0.009418, 0.006844]],
  ['edge-mbconv-1x1x32-192-32', 'depthwise', [0.009307, 0.00721], [0.009319, 0.008519]],
  ['edge-mbconv-1x1x64-384-64', 'depthwise', [0.01176, 0.01074], [0.01182, 0.01527]],
  ['edge-mbconv-1x1x160-960-160', 'depthwise', [0.02952, 0.03184], [0.02919, 0.05582]],
  ['edge-mbconv-1x1x160-960-160-batch8', 'depthwise', [0.1353, 0.232], [0.1401, 0.4371]],
  ['edge-mbconv-1x1x16-96-16-batch8', 'depthwise', [0.01129, 0.01244], [0.01174, 0.01594]],
  ['edge-mbconv-1x5x160-960-160-batch8', 'depthwise', [0.6126, 0.5794], [0.6213, 0.502]],
  ['edge-mbconv-2x2x160-960-160-batch8', 'depthwise', [0.49, 0.4121], [0.4985, 0.448]],
  ['edge-mbconv-3x3x160-960-160-batch8', 'depthwise', [1.083, 0.9592], [1.091, 0.8873]],
  ['edge-mbconv-7x7x160-960-160-batch8', 'depthwise', [5.84, 4.513], [5.93, 4.377]],
  ['edge-convfirst-7x7x768-3072-k7-g1-gelu-batch8', 'depthwise', [104.2, 70.52], [106.9, 70.53]],
  ['edge-mbconv-1x2x160-960-160', 'depthwise', [0.06699, 0.03344], [0.07139, 0.05832]],
  ['edge-mbconv-1x3x160-960-160', 'depthwise', [0.0699, 0.05279], [0.07183, 0.05832]],
  ['edge-mbconv-2x2x160-960-160', 'depthwise', [0.08583, 0.05568], [0.07263, 0.06135]],
  ['edge-mbconv-1x5x160-960-160', 'depthwise', [0.1279, 0.07516], [0.1301, 0.06903]],
  ['edge-mbconv-2x3x160-960-160', 'depthwise', [0.1257, 0.07806], [0.1324, 0.0773]],
  ['edge-mbconv-3x3x160-960-160', 'depthwise', [0.1836, 0.1229], [0.1916, 0.1179]],
  ['edge-convfirst-1x1x64-384-k3-g8-silu', 'zero-filled', [0.01873, 0.01165], [0.02074, 0.01673]],
  ['edge-convfirst-1x1x96-384-k7-g1-gelu', 'depthwise', [0.04164, 0.01349], [0.04286, 0.01995]],
  ['edge-convfirst-1x1x768-3072-k7-g1-gelu', 'depthwise', [0.5279, 0.6189], [0.5482, 1.107]],
  ['edge-convfirst-1x2x768-3072-k7-g1-gelu', 'depthwise', [1.084, 0.6644], [1.126, 1.076]],
  ['edge-convfirst-1x3x768-3072-k7-g1-gelu', 'depthwise', [1.248, 1.053], [1.247, 1.111]],
  ['edge-convfirst-2x2x768-3072-k7-g1-gelu', 'depthwise', [1.279, 1.039], [1.351, 1.239]],
  ['edge-convfirst-1x5x768-3072-k7-g1-gelu', 'depthwise', [2.392, 1.583], [2.358, 1.116]],
  ['edge-convfirst-2x2x320-1280-k7-g1-gelu', 'depthwise', [0.2414, 0.1324], [0.2492, 0.1383]],
  ['edge-mbconv-4x4x4-8-4', 'depthwise', [0.00857, 0.006024], [0.008562, 0.006104]],
  ['edge-mbconv-7x7x4-24-4', 'depthwise', [0.01098, 0.00766], [0.01074, 0.007725]],
  ['edge-mbconv-14x14x4-8-4', 'depthwise', [0.01248, 0.008696], [0.01232, 0.00878]],
  ['edge-mbconv-56x56x4-24-4', 'depthwise', [0.157, 0.09603], [0.1587, 0.1007]],
  ['edge-mbconv-56x56x3-13-3', 'depthwise', [0.09676, 0.06715], [0.1003, 0.07067]],
  ['edge-mbconv-7x7x16-96-16', 'depthwise', [0.02115, 0.01591], [0.0224, 0.01629]],
  ['edge-mbconv-28x28x32-8-32', 'depthwise', [0.04075, 0.03061], [0.04116, 0.03054]],
  ['edge-mbconv-112x112x16-16-16', 'depthwise', [0.6281, 0.4282], [0.653, 0.4295]],
  ['edge-mbconv-112x112x16-96-24', 'depthwise', [3.605, 2.483], [3.677, 2.499]],
  ['edge-convfirst-224x224x8-48-k3-g8-silu', 'zero-filled', [6.625, 4.68], [6.77, 4.462]],
  ['edge-convfirst-4x4x16-32-k3-g8-silu', 'zero-filled', [0.01528, 0.008015], [0.01529, 0.00771]],
  ['edge-convfirst-56x56x16-16-k3-g8-relu', 'zero-filled', [0.472, 0.2364], [0.4304, 0.2318]],
  ['edge-convfirst-8x8x16-64-k7-g1-gelu', 'depthwise', [0.09201, 0.01702], [0.08868, 0.01614]],
  ['edge-convfirst-4x4x8-32-k7-g1-gelu', 'depthwise', [0.03446, 0.007176], [0.03486, 0.007129]],
  ['edge-mbconv-4x4x160-960-320', 'depthwise', [0.3517, 0.2622], [0.3536, 0.2725]],
  ['edge-efficientnet-112x112x16-24-k3-stride2', 'depthwise', [3.24, 2.204], [3.255, 1.861]],
  ['edge-efficientnet-56x56x24-40-k5-stride2', 'depthwise', [1.595, 1.052], [1.643, 0.9569]],
  ['edge-efficientnet-28x28x40-40-k5-stride1', 'depthwise', [1.589, 0.971], [1.645, 0.9451]],
  ['edge-efficientnet-14x14x112-112-k5-stride1', 'depthwise', [1.967, 1.36], [1.988, 1.287]],
  ['edge-efficientnet-14x14x112-192-k5-stride2', 'depthwise', [1.256, 0.8863], [1.257, 0.8414]],
  ['edge-efficientnet-7x7x192-192-k5-stride1', 'depthwise', [1.361, 0.9161], [1.383, 0.8893]],
  ['edge-convfirst-7x7x512-2048-k3-g8-silu', 'gather', [6.919, 4.157], [6.368, 3.728]],
  ['edge-convfirst-28x28x64-128-k3-g32-silu', 'split', [1.67, 1.048], [1.674, 1.006]],
  ['edge-convfirst-14x14x256-1024-k3-g32-silu', 'split', [6.78, 4.385], [6.487, 4.07]],
  ['edge-convfirst-56x56x64-384-k3-g8-stride2-silu', 'zero-filled', [3.516, 1.785], [3.472, 1.722]],
  ['edge-convfirst-28x28x64-256-k5-g8-silu', 'split', [2.96, 1.426], [3.096, 1.372]],
  ['edge-convfirst-28x28x64-64-k1-g1-relu', 'depthwise', [0.3289, 0.2592], [0.3168, 0.2526]],
  ['edge-convfirst-28x28x64-64-k3-g1-relu', 'depthwise', [0.3679, 0.2869], [0.3632, 0.283]],
  ['edge-convfirst-56x56x96-384-k7-g1-relu', 'depthwise', [20.81, 9.239], [20.06, 8.454]],
  ['edge-convfirst-28x28x64-256-k9-g1-relu', 'depthwise', [3.674, 1.08], [3.629, 1.086]],
];

/** Blocks of other shapes, by which the costs are judged. */
const JUDGED: readonly Row[] = [
  ['convnext-40x40x128', 'depthwise', [22.42, 8.918], [22.89, 8.172]],
  ['convnext-20x20x320', 'depthwise', [23.18, 12.62], [23.73, 11.99]],
  ['convnext-10x10x512', 'depthwise', [13.12, 8.389], [13.4, 8.119]],
  ['convfirst-32x32x128', 'split', [18.83, 8.942], [14.47, 7.713]],
  ['convfirst-48x24x96', 'split', [10.4, 5.419], [10.03, 5.115]],
  ['mobilenetv2-28x28x32', 'depthwise', [0.6263, 0.432], [0.6343, 0.4266]],
  ['mobilenetv2-28x28x32-stride2', 'depthwise', [0.3844, 0.3113], [0.3918, 0.3115]],
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
