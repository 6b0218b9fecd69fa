/**
 * Times of whole blocks, to which the relative costs of ops/wasm are fitted: AMD EPYC, one thread, Node 24.21.0, tfjs 4.22.0,
 * 2026-11-27; of 16 samples of each side the fastest tenth (p10Ms). Units: milliseconds.
 */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import type {StockFormName} from '../../../ops/wasm/stockWork.ts';
import {ALL_CASES} from '../../../bench/speed/edgeCases.ts';
import type {Pair} from '../../../src/run/pair.ts';

/** The peak of the GEMM micro-kernel as that machine showed it. Units: operations a second. */
export const MEASURED_OPS_PER_S: Readonly<Record<SimdLevel, number>> = {
  simd: 6.138e10,
  'relaxed-simd': 6.513e10,
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
  ['convnext-56x56x96', 'depthwise', [30.76, 9.442], [30.44, 9.826]],
  ['convnext-28x28x192', 'depthwise', [20.65, 8.806], [20.58, 8.64]],
  ['convnext-14x14x384', 'depthwise', [15.75, 8.317], [15.7, 8.219]],
  ['convnext-7x7x768', 'depthwise', [14.8, 8.739], [15.34, 8.934]],
  ['convfirst-64x64x64', 'split', [15.89, 8.459], [16.42, 8.578]],
  ['mbconv-16x16x256', 'gather', [16.88, 5.837], [17.09, 5.993]],
  ['mobilenetv2-56x56x24', 'depthwise', [1.614, 1.006], [1.689, 1.036]],
  ['mobilenetv2-56x56x24-stride2', 'depthwise', [0.8556, 0.6001], [0.8495, 0.6092]],
  ['mobilenetv2-14x14x64', 'depthwise', [0.5518, 0.387], [0.5553, 0.3925]],
  ['edge-mbconv-1x1x8-8-8', 'depthwise', [0.01823, 0.01757], [0.01792, 0.01359]],
  ['edge-mbconv-1x1x16-96-16', 'depthwise', [0.01592, 0.01367], [0.01686, 0.01385]],
  ['edge-mbconv-1x1x32-192-32', 'depthwise', [0.01518, 0.01418], [0.01732, 0.01422]],
  ['edge-mbconv-1x1x64-384-64', 'depthwise', [0.01715, 0.02024], [0.01758, 0.02016]],
  ['edge-mbconv-1x1x160-960-160', 'depthwise', [0.03515, 0.06333], [0.03525, 0.06315]],
  ['edge-mbconv-1x1x160-960-160-batch8', 'depthwise', [0.139, 0.423], [0.1369, 0.4106]],
  ['edge-mbconv-1x1x16-96-16-batch8', 'depthwise', [0.0159, 0.0202], [0.01592, 0.01964]],
  ['edge-mbconv-1x5x160-960-160-batch8', 'depthwise', [0.6408, 0.5069], [0.6333, 0.5123]],
  ['edge-mbconv-2x2x160-960-160-batch8', 'depthwise', [0.5091, 0.4364], [0.4998, 0.4437]],
  ['edge-mbconv-3x3x160-960-160-batch8', 'depthwise', [1.107, 0.8936], [1.1, 0.9066]],
  ['edge-mbconv-7x7x160-960-160-batch8', 'depthwise', [6.006, 4.406], [5.932, 4.357]],
  ['edge-convfirst-7x7x768-3072-k7-g1-gelu-batch8', 'depthwise', [104.3, 67.94], [107.8, 69.92]],
  ['edge-mbconv-1x2x160-960-160', 'depthwise', [0.07344, 0.06144], [0.07744, 0.06469]],
  ['edge-mbconv-1x3x160-960-160', 'depthwise', [0.07407, 0.06043], [0.07715, 0.06456]],
  ['edge-mbconv-2x2x160-960-160', 'depthwise', [0.07512, 0.06237], [0.07771, 0.06512]],
  ['edge-mbconv-1x5x160-960-160', 'depthwise', [0.1355, 0.06973], [0.1367, 0.07132]],
  ['edge-mbconv-2x3x160-960-160', 'depthwise', [0.1337, 0.07852], [0.1375, 0.08182]],
  ['edge-mbconv-3x3x160-960-160', 'depthwise', [0.1918, 0.1168], [0.2015, 0.1227]],
  ['edge-convfirst-1x1x64-384-k3-g8-silu', 'zero-filled', [0.02405, 0.01886], [0.02616, 0.01961]],
  ['edge-convfirst-1x1x96-384-k7-g1-gelu', 'depthwise', [0.04942, 0.02267], [0.05361, 0.02302]],
  ['edge-convfirst-1x1x768-3072-k7-g1-gelu', 'depthwise', [0.5428, 1.163], [0.7434, 1.672]],
  ['edge-convfirst-1x2x768-3072-k7-g1-gelu', 'depthwise', [1.134, 1.1], [1.17, 1.096]],
  ['edge-convfirst-1x3x768-3072-k7-g1-gelu', 'depthwise', [1.213, 1.085], [1.297, 1.207]],
  ['edge-convfirst-2x2x768-3072-k7-g1-gelu', 'depthwise', [1.384, 1.1], [1.745, 1.729]],
  ['edge-convfirst-1x5x768-3072-k7-g1-gelu', 'depthwise', [2.632, 1.298], [2.777, 1.429]],
  ['edge-convfirst-2x2x320-1280-k7-g1-gelu', 'depthwise', [0.2621, 0.1412], [0.2696, 0.1435]],
  ['edge-mbconv-4x4x4-8-4', 'depthwise', [0.01427, 0.009594], [0.01547, 0.009942]],
  ['edge-mbconv-7x7x4-24-4', 'depthwise', [0.01663, 0.01098], [0.01771, 0.01121]],
  ['edge-mbconv-14x14x4-8-4', 'depthwise', [0.01788, 0.0119], [0.0185, 0.01211]],
  ['edge-mbconv-56x56x4-24-4', 'depthwise', [0.1661, 0.09725], [0.168, 0.09821]],
  ['edge-mbconv-56x56x3-13-3', 'depthwise', [0.108, 0.07153], [0.108, 0.07138]],
  ['edge-mbconv-7x7x16-96-16', 'depthwise', [0.02697, 0.01942], [0.02716, 0.01908]],
  ['edge-mbconv-28x28x32-8-32', 'depthwise', [0.04841, 0.03292], [0.04865, 0.03334]],
  ['edge-mbconv-112x112x16-16-16', 'depthwise', [0.6659, 0.4096], [0.7034, 0.4229]],
  ['edge-mbconv-112x112x16-96-24', 'depthwise', [3.846, 2.398], [4.525, 2.55]],
  ['edge-convfirst-224x224x8-48-k3-g8-silu', 'zero-filled', [6.918, 4.318], [8.993, 4.274]],
  ['edge-convfirst-4x4x16-32-k3-g8-silu', 'zero-filled', [0.02102, 0.01119], [0.02235, 0.01136]],
  ['edge-convfirst-56x56x16-16-k3-g8-relu', 'zero-filled', [0.4429, 0.2145], [0.4534, 0.217]],
  ['edge-convfirst-8x8x16-64-k7-g1-gelu', 'depthwise', [0.09955, 0.01979], [0.1031, 0.01967]],
  ['edge-convfirst-4x4x8-32-k7-g1-gelu', 'depthwise', [0.04394, 0.01044], [0.0461, 0.01061]],
  ['edge-mbconv-4x4x160-960-320', 'depthwise', [0.3785, 0.2837], [0.475, 0.288]],
  ['edge-efficientnet-112x112x16-24-k3-stride2', 'depthwise', [3.835, 1.849], [3.508, 1.883]],
  ['edge-efficientnet-56x56x24-40-k5-stride2', 'depthwise', [1.778, 0.9457], [1.722, 0.9583]],
  ['edge-efficientnet-28x28x40-40-k5-stride1', 'depthwise', [1.757, 0.9303], [1.628, 0.9153]],
  ['edge-efficientnet-14x14x112-112-k5-stride1', 'depthwise', [2.332, 1.282], [2.051, 1.309]],
  ['edge-efficientnet-14x14x112-192-k5-stride2', 'depthwise', [1.404, 0.8504], [1.282, 0.8702]],
  ['edge-efficientnet-7x7x192-192-k5-stride1', 'depthwise', [1.532, 0.8582], [1.365, 0.9162]],
  ['edge-convfirst-7x7x512-2048-k3-g8-silu', 'split', [6.554, 3.903], [6.784, 3.986]],
  ['edge-convfirst-28x28x64-128-k3-g32-silu', 'split', [1.476, 0.9909], [1.528, 1.011]],
  ['edge-convfirst-14x14x256-1024-k3-g32-silu', 'split', [5.783, 4.004], [5.934, 4.076]],
  ['edge-convfirst-56x56x64-384-k3-g8-stride2-silu', 'zero-filled', [3.395, 1.643], [3.443, 1.683]],
  ['edge-convfirst-28x28x64-256-k5-g8-silu', 'split', [2.317, 1.33], [3.356, 1.358]],
  ['edge-convfirst-28x28x64-64-k1-g1-relu', 'depthwise', [0.3214, 0.2511], [0.3238, 0.2531]],
  ['edge-convfirst-28x28x64-64-k3-g1-relu', 'depthwise', [0.3689, 0.2734], [0.3668, 0.2756]],
  ['edge-convfirst-56x56x96-384-k7-g1-relu', 'depthwise', [20.44, 8.499], [20.12, 8.452]],
  ['edge-convfirst-28x28x64-256-k9-g1-relu', 'depthwise', [3.718, 1.115], [3.646, 1.102]],
];

/** Blocks of other shapes, by which the costs are judged. */
const JUDGED: readonly Row[] = [
  ['convnext-40x40x128', 'depthwise', [23.36, 8.226], [23.34, 8.137]],
  ['convnext-20x20x320', 'depthwise', [23.53, 12.05], [23.78, 12.22]],
  ['convnext-10x10x512', 'depthwise', [13.68, 7.74], [13.51, 7.653]],
  ['convfirst-32x32x128', 'split', [12.38, 7.64], [12.38, 7.62]],
  ['convfirst-48x24x96', 'split', [8.443, 4.904], [8.597, 4.984]],
  ['mobilenetv2-28x28x32', 'depthwise', [0.6407, 0.4256], [0.6609, 0.4332]],
  ['mobilenetv2-28x28x32-stride2', 'depthwise', [0.3894, 0.2974], [0.3937, 0.2991]],
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
