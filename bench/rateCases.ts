/** Shapes that the prediction's rates are fitted to, and others that it is judged by. */
import {type BlockCase, block, CASES, convNext, mobileNetV2} from './cases.ts';
import {EDGE_CASES} from './edgeCases.ts';

const convFirst = ([height, width]: readonly [number, number], channels: number): BlockCase =>
  block(`convfirst-${height}x${width}x${channels}`, [height, width], {
    order: 'conv-first',
    inChannels: channels,
    hiddenChannels: 6 * channels,
    outChannels: channels,
    kernelSize: [3, 3],
    stride: 1,
    padding: 'same',
    groupWidth: 8,
    layerNormEpsilon: null,
    spatialActivation: 'linear',
    hiddenActivation: 'silu',
    residual: true,
  });

export const JUDGED_CASES: readonly BlockCase[] = [
  convNext(40, 128),
  convNext(20, 320),
  convNext(10, 512),
  convFirst([32, 32], 128),
  convFirst([48, 24], 96),
  mobileNetV2(28, [32, 32]),
  mobileNetV2(28, [32, 64], 2),
];

const judged = new Set(JUDGED_CASES.map(({name}) => name));

/** The blocks of the bench and the edge cases, but for those that are judged by. */
export const FITTED_CASES: readonly BlockCase[] = [...CASES, ...EDGE_CASES].filter(
  (each): each is BlockCase => each.kind === 'block' && !judged.has(each.name),
);
