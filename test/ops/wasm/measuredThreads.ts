/**
 * Fused time over stock time of whole blocks, both on two threads: AMD EPYC, Chromium 156.0.8078.108, tfjs 4.22.0, 2026-11-27; of 12
 * samples of each side the fastest tenth (p10Ms of `npm run bench -- --engine chromium --threads 2 --json`, and with `--edges`).
 */
import type {BlockRun} from '../../../ops/blockKernel.ts';
import {ALL_CASES} from '../../../bench/speed/edgeCases.ts';

/** By the names of the bench's cases. */
const RATIOS: readonly (readonly [name: string, ratio: number])[] = [
  ['convnext-56x56x96', 0.248],
  ['convnext-28x28x192', 0.354],
  ['convnext-14x14x384', 0.477],
  ['convnext-7x7x768', 0.516],
  ['convfirst-64x64x64', 0.458],
  ['mbconv-16x16x256', 0.184],
  ['mobilenetv2-56x56x24', 0.726],
  ['mobilenetv2-56x56x24-stride2', 0.805],
  ['mobilenetv2-28x28x32', 0.773],
  ['mobilenetv2-14x14x64', 0.738],
  ['edge-mbconv-1x1x8-8-8', 0.604],
  ['edge-mbconv-1x1x16-96-16', 0.535],
  ['edge-mbconv-1x1x32-192-32', 0.758],
  ['edge-mbconv-1x1x64-384-64', 1.16],
  ['edge-mbconv-1x1x160-960-160', 2.63],
  ['edge-mbconv-1x1x160-960-160-batch8', 3.14],
  ['edge-mbconv-1x1x16-96-16-batch8', 1.22],
  ['edge-mbconv-1x5x160-960-160-batch8', 0.8],
  ['edge-mbconv-2x2x160-960-160-batch8', 0.907],
  ['edge-mbconv-3x3x160-960-160-batch8', 0.864],
  ['edge-mbconv-7x7x160-960-160-batch8', 0.772],
  ['edge-convfirst-7x7x768-3072-k7-g1-gelu-batch8', 0.592],
  ['edge-mbconv-1x2x160-960-160', 1.37],
  ['edge-mbconv-1x3x160-960-160', 1.31],
  ['edge-mbconv-2x2x160-960-160', 0.885],
  ['edge-mbconv-1x5x160-960-160', 0.543],
  ['edge-mbconv-2x3x160-960-160', 0.637],
  ['edge-mbconv-3x3x160-960-160', 0.625],
  ['edge-convfirst-1x1x64-384-k3-g8-silu', 0.869],
  ['edge-convfirst-1x1x96-384-k7-g1-gelu', 0.487],
  ['edge-convfirst-1x1x768-3072-k7-g1-gelu', 1.86],
  ['edge-convfirst-1x2x768-3072-k7-g1-gelu', 0.903],
  ['edge-convfirst-1x3x768-3072-k7-g1-gelu', 0.789],
  ['edge-convfirst-2x2x768-3072-k7-g1-gelu', 0.802],
  ['edge-convfirst-1x5x768-3072-k7-g1-gelu', 0.52],
  ['edge-convfirst-2x2x320-1280-k7-g1-gelu', 0.491],
  ['edge-mbconv-4x4x4-8-4', 0.625],
  ['edge-mbconv-7x7x4-24-4', 0.659],
  ['edge-mbconv-14x14x4-8-4', 0.691],
  ['edge-mbconv-56x56x4-24-4', 0.656],
  ['edge-mbconv-56x56x3-13-3', 1.1],
  ['edge-mbconv-7x7x16-96-16', 0.925],
  ['edge-mbconv-28x28x32-8-32', 1.06],
  ['edge-mbconv-112x112x16-16-16', 0.655],
  ['edge-mbconv-112x112x16-96-24', 0.664],
  ['edge-convfirst-224x224x8-48-k3-g8-silu', 0.566],
  ['edge-convfirst-4x4x16-32-k3-g8-silu', 0.483],
  ['edge-convfirst-56x56x16-16-k3-g8-relu', 0.502],
  ['edge-convfirst-8x8x16-64-k7-g1-gelu', 0.207],
  ['edge-convfirst-4x4x8-32-k7-g1-gelu', 0.196],
  ['edge-mbconv-4x4x160-960-320', 0.817],
  ['edge-efficientnet-112x112x16-24-k3-stride2', 0.552],
  ['edge-efficientnet-56x56x24-40-k5-stride2', 0.636],
  ['edge-efficientnet-28x28x40-40-k5-stride1', 0.642],
  ['edge-efficientnet-14x14x112-112-k5-stride1', 0.654],
  ['edge-efficientnet-14x14x112-192-k5-stride2', 0.689],
  ['edge-efficientnet-7x7x192-192-k5-stride1', 0.648],
  ['edge-convfirst-7x7x512-2048-k3-g8-silu', 0.446],
  ['edge-convfirst-28x28x64-128-k3-g32-silu', 0.539],
  ['edge-convfirst-14x14x256-1024-k3-g32-silu', 0.656],
  ['edge-convfirst-56x56x64-384-k3-g8-stride2-silu', 0.467],
  ['edge-convfirst-28x28x64-256-k5-g8-silu', 0.372],
  ['edge-convfirst-28x28x64-64-k1-g1-relu', 0.786],
  ['edge-convfirst-28x28x64-64-k3-g1-relu', 0.772],
  ['edge-convfirst-56x56x96-384-k7-g1-relu', 0.424],
  ['edge-convfirst-28x28x64-256-k9-g1-relu', 0.317],
];

export const TWO_THREADS: readonly (BlockRun & {readonly name: string; readonly ratio: number})[] = RATIOS.map(
  ([name, ratio]) => {
    const found = ALL_CASES.find((each) => each.name === name);
    if (found?.kind !== 'block') throw new Error(`${name} is no block of the bench`);
    return {name, ratio, spec: found.spec, size: found.size};
  },
);
