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
  simd: 6.036e10,
  'relaxed-simd': 6.45e10,
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
  ['convnext-56x56x96', 'depthwise', [30.71, 9.576], [30.83, 9.556]],
  ['convnext-28x28x192', 'depthwise', [20.87, 8.736], [20.79, 8.748]],
  ['convnext-14x14x384', 'depthwise', [15.94, 8.407], [15.91, 8.367]],
  ['convnext-7x7x768', 'depthwise', [15.4, 9.081], [15.6, 9.316]],
  ['convfirst-64x64x64', 'split', [15.66, 8.566], [16.15, 8.674]],
  ['mbconv-16x16x256', 'gather', [16.57, 5.801], [16.68, 5.883]],
  ['mobilenetv2-56x56x24', 'depthwise', [1.56, 0.9877], [1.577, 1.001]],
  ['mobilenetv2-56x56x24-stride2', 'depthwise', [0.8281, 0.5931], [0.9014, 0.608]],
  ['mobilenetv2-14x14x64', 'depthwise', [0.5407, 0.3836], [0.5521, 0.3866]],
  ['edge-mbconv-1x1x8-8-8', 'depthwise', [0.01753, 0.01166], [0.01678, 0.01141]],
  ['edge-mbconv-1x1x16-96-16', 'depthwise', [0.01593, 0.01044], [0.01577, 0.01036]],
  ['edge-mbconv-1x1x32-192-32', 'depthwise', [0.01581, 0.01166], [0.01562, 0.01161]],
  ['edge-mbconv-1x1x64-384-64', 'depthwise', [0.01771, 0.01787], [0.018, 0.01791]],
  ['edge-mbconv-1x1x160-960-160', 'depthwise', [0.03552, 0.05841], [0.03563, 0.05838]],
  ['edge-mbconv-1x1x160-960-160-batch8', 'depthwise', [0.1379, 0.407], [0.138, 0.4092]],
  ['edge-mbconv-1x1x16-96-16-batch8', 'depthwise', [0.01672, 0.01808], [0.01657, 0.01801]],
  ['edge-mbconv-1x5x160-960-160-batch8', 'depthwise', [0.6203, 0.4879], [0.6245, 0.4978]],
  ['edge-mbconv-2x2x160-960-160-batch8', 'depthwise', [0.5004, 0.4342], [0.4969, 0.4285]],
  ['edge-mbconv-3x3x160-960-160-batch8', 'depthwise', [1.111, 0.8867], [1.091, 0.8941]],
  ['edge-mbconv-7x7x160-960-160-batch8', 'depthwise', [5.96, 4.364], [6.083, 4.405]],
  ['edge-convfirst-7x7x768-3072-k7-g1-gelu-batch8', 'depthwise', [105.6, 68.38], [106.7, 67.99]],
  ['edge-mbconv-1x2x160-960-160', 'depthwise', [0.07627, 0.06063], [0.07524, 0.05997]],
  ['edge-mbconv-1x3x160-960-160', 'depthwise', [0.07736, 0.05924], [0.07642, 0.05949]],
  ['edge-mbconv-2x2x160-960-160', 'depthwise', [0.0771, 0.06295], [0.07621, 0.06149]],
  ['edge-mbconv-1x5x160-960-160', 'depthwise', [0.1319, 0.06784], [0.1336, 0.06855]],
  ['edge-mbconv-2x3x160-960-160', 'depthwise', [0.1332, 0.07816], [0.1353, 0.07858]],
  ['edge-mbconv-3x3x160-960-160', 'depthwise', [0.1935, 0.1216], [0.1922, 0.1161]],
  ['edge-convfirst-1x1x64-384-k3-g8-silu', 'zero-filled', [0.02543, 0.01808], [0.02561, 0.01788]],
  ['edge-convfirst-1x1x96-384-k7-g1-gelu', 'depthwise', [0.05167, 0.02138], [0.04995, 0.02139]],
  ['edge-convfirst-1x1x768-3072-k7-g1-gelu', 'depthwise', [0.5533, 1.014], [0.5236, 0.978]],
  ['edge-convfirst-1x2x768-3072-k7-g1-gelu', 'depthwise', [1.159, 1.045], [1.154, 0.9635]],
  ['edge-convfirst-1x3x768-3072-k7-g1-gelu', 'depthwise', [1.291, 1.02], [1.259, 1.029]],
  ['edge-convfirst-2x2x768-3072-k7-g1-gelu', 'depthwise', [1.472, 1.137], [1.358, 0.9764]],
  ['edge-convfirst-1x5x768-3072-k7-g1-gelu', 'depthwise', [2.463, 1.468], [2.693, 1.319]],
  ['edge-convfirst-2x2x320-1280-k7-g1-gelu', 'depthwise', [0.2548, 0.1337], [0.256, 0.1342]],
  ['edge-mbconv-4x4x4-8-4', 'depthwise', [0.01501, 0.008551], [0.015, 0.008537]],
  ['edge-mbconv-7x7x4-24-4', 'depthwise', [0.01709, 0.01001], [0.01693, 0.009992]],
  ['edge-mbconv-14x14x4-8-4', 'depthwise', [0.01855, 0.01097], [0.01834, 0.01092]],
  ['edge-mbconv-56x56x4-24-4', 'depthwise', [0.1682, 0.09924], [0.1662, 0.1014]],
  ['edge-mbconv-56x56x3-13-3', 'depthwise', [0.1096, 0.07015], [0.1078, 0.07235]],
  ['edge-mbconv-7x7x16-96-16', 'depthwise', [0.0269, 0.01799], [0.02757, 0.01851]],
  ['edge-mbconv-28x28x32-8-32', 'depthwise', [0.04836, 0.03233], [0.0484, 0.03283]],
  ['edge-mbconv-112x112x16-16-16', 'depthwise', [0.6608, 0.4024], [0.6635, 0.4009]],
  ['edge-mbconv-112x112x16-96-24', 'depthwise', [3.785, 2.344], [3.636, 2.336]],
  ['edge-convfirst-224x224x8-48-k3-g8-silu', 'zero-filled', [7.112, 4.352], [7.048, 4.29]],
  ['edge-convfirst-4x4x16-32-k3-g8-silu', 'zero-filled', [0.02268, 0.01045], [0.02205, 0.01028]],
  ['edge-convfirst-56x56x16-16-k3-g8-relu', 'zero-filled', [0.4587, 0.2165], [0.4447, 0.2119]],
  ['edge-convfirst-8x8x16-64-k7-g1-gelu', 'depthwise', [0.101, 0.01868], [0.09885, 0.01838]],
  ['edge-convfirst-4x4x8-32-k7-g1-gelu', 'depthwise', [0.04524, 0.009628], [0.0445, 0.009393]],
  ['edge-mbconv-4x4x160-960-320', 'depthwise', [0.3721, 0.2826], [0.3642, 0.2777]],
  ['edge-efficientnet-112x112x16-24-k3-stride2', 'depthwise', [3.435, 1.883], [3.371, 1.842]],
  ['edge-efficientnet-56x56x24-40-k5-stride2', 'depthwise', [1.662, 0.9615], [1.616, 0.9322]],
  ['edge-efficientnet-28x28x40-40-k5-stride1', 'depthwise', [1.666, 0.9504], [1.616, 0.9192]],
  ['edge-efficientnet-14x14x112-112-k5-stride1', 'depthwise', [2.027, 1.289], [1.979, 1.266]],
  ['edge-efficientnet-14x14x112-192-k5-stride2', 'depthwise', [1.269, 0.8352], [1.247, 0.8235]],
  ['edge-efficientnet-7x7x192-192-k5-stride1', 'depthwise', [1.37, 0.887], [1.309, 0.8521]],
  ['edge-convfirst-7x7x512-2048-k3-g8-silu', 'split', [6.524, 3.846], [6.691, 3.965]],
  ['edge-convfirst-28x28x64-128-k3-g32-silu', 'split', [1.511, 1.027], [1.462, 0.999]],
  ['edge-convfirst-14x14x256-1024-k3-g32-silu', 'split', [5.969, 4.168], [5.963, 4.14]],
  ['edge-convfirst-56x56x64-384-k3-g8-stride2-silu', 'zero-filled', [3.422, 1.64], [3.371, 1.618]],
  ['edge-convfirst-28x28x64-256-k5-g8-silu', 'split', [2.387, 1.361], [2.309, 1.318]],
  ['edge-convfirst-28x28x64-64-k1-g1-relu', 'depthwise', [0.3297, 0.2549], [0.3167, 0.2508]],
  ['edge-convfirst-28x28x64-64-k3-g1-relu', 'depthwise', [0.3757, 0.2751], [0.3676, 0.2672]],
  ['edge-convfirst-56x56x96-384-k7-g1-relu', 'depthwise', [20.38, 8.519], [20.3, 8.489]],
  ['edge-convfirst-28x28x64-256-k9-g1-relu', 'depthwise', [3.738, 1.113], [3.71, 1.097]],
  ['efficientnet-28x28x40', 'depthwise', [1.893, 0.9827], [1.855, 0.9584]],
  ['efficientnet-14x14x112', 'depthwise', [2.223, 1.369], [2.172, 1.332]],
  ['convnextv2-56x56x40', 'depthwise', [10.98, 2.232], [10.74, 2.16]],
  ['convnextv2-28x28x80', 'depthwise', [6.309, 1.763], [6.222, 1.715]],
  ['convnextv2-7x7x320', 'depthwise', [3.262, 1.531], [3.137, 1.487]],
  ['blazeface-64x64x24', 'depthwise', [0.4403, 0.2314], [0.4324, 0.2282]],
  ['mobilenetv1-56x56x128', 'depthwise', [2.85, 1.971], [2.811, 1.943]],
  ['edge-efficientnet-112x112x16-se4', 'depthwise', [4.048, 1.991], [3.999, 1.987]],
  ['edge-efficientnet-56x56x24-se6', 'depthwise', [3.274, 1.542], [3.155, 1.488]],
  ['edge-efficientnet-7x7x192-se48', 'depthwise', [1.48, 0.9435], [1.443, 0.9174]],
  ['edge-mobilenetv3-28x28x40-se32', 'depthwise', [0.8084, 0.4269], [0.7732, 0.4128]],
  ['edge-mobilenetv3-7x7x160-se240', 'depthwise', [1.068, 0.7369], [1.026, 0.6836]],
  ['edge-mobilenetv3-1x1x160-se240', 'depthwise', [0.1244, 0.1423], [0.1148, 0.1323]],
  ['edge-mobilenetv3-2x2x16-se8', 'depthwise', [0.04231, 0.01051], [0.04021, 0.01018]],
  ['edge-mobilenetv1-112x112x32', 'depthwise', [1.131, 0.7473], [1.095, 0.7119]],
  ['edge-mobilenetv1-14x14x512', 'depthwise', [2.48, 1.806], [2.407, 1.78]],
  ['edge-mobilenetv1-7x7x1024', 'depthwise', [2.621, 1.861], [2.522, 1.778]],
  ['edge-mobilenetv1-2x2x256', 'depthwise', [0.02178, 0.02036], [0.02088, 0.01992]],
  ['edge-mobilenetv1-1x1x512', 'depthwise', [0.02619, 0.0498], [0.02494, 0.049]],
  ['edge-blazeface-64x64x24', 'depthwise', [0.2672, 0.168], [0.2664, 0.1668]],
  ['edge-blazeface-8x8x96', 'depthwise', [0.04754, 0.03519], [0.04645, 0.03442]],
  ['edge-facemesh-32x32x64', 'depthwise', [0.2975, 0.2169], [0.2911, 0.2106]],
  ['convnextv2-4x4x16', 'depthwise', [0.08222, 0.01218], [0.0803, 0.01194]],
];

/** Blocks of other shapes, by which the costs are judged. */
const JUDGED: readonly Row[] = [
  ['convnext-40x40x128', 'depthwise', [22.68, 7.978], [23.57, 8.172]],
  ['convnext-20x20x320', 'depthwise', [23.21, 11.61], [24.24, 12.12]],
  ['convnext-10x10x512', 'depthwise', [13.17, 7.556], [13.43, 7.677]],
  ['convfirst-32x32x128', 'split', [11.98, 7.458], [12.46, 7.748]],
  ['convfirst-48x24x96', 'split', [8.086, 4.804], [8.442, 4.978]],
  ['mobilenetv2-28x28x32', 'depthwise', [0.6412, 0.4209], [0.6513, 0.4286]],
  ['mobilenetv2-28x28x32-stride2', 'depthwise', [0.3931, 0.2991], [0.404, 0.306]],
  ['edge-efficientnet-14x14x80-se20', 'depthwise', [1.157, 0.6987], [1.128, 0.6736]],
  ['edge-mobilenetv3-14x14x112-se168', 'depthwise', [1.897, 1.222], [1.844, 1.207]],
  ['edge-mobilenetv1-28x28x256', 'depthwise', [2.624, 1.908], [2.502, 1.814]],
  ['edge-blazeface-16x16x96', 'depthwise', [0.153, 0.109], [0.1504, 0.1082]],
  ['convnextv2-14x14x160', 'depthwise', [4.151, 1.592], [4.118, 1.574]],
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
