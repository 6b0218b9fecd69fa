import {foldSeparable, specOf} from './fold.ts';
import {channelsFit, EXCITE_GUARDS, foldsThroughPadding, SHARED_GUARDS} from './guards.ts';
import {type BlockRule, maybe, one} from './rule.ts';

/**
 * before: `act(x + project(act(spatial(x))))`   after: `FusedResidualBlock(x, params)`; MobileNetV1, BlazeFace, and the first block
 * of MobileNetV2, V3 and EfficientNet.
 */
export const separable: BlockRule = {
  name: 'separable',
  layers: [
    one('spatial', 'spatial'),
    maybe('earlyExcite', 'squeeze-excite'),
    maybe('spatialActivation', 'activation'),
    maybe('excite', 'squeeze-excite'),
    one('project', 'pointwise'),
  ],
  yields: true,
  require: {
    ...SHARED_GUARDS,
    ...EXCITE_GUARDS,
    'layers that fit': ({spatial, project}) => channelsFit(spatial.part, project.part),
    'nothing added before padding': (b) => foldsThroughPadding(b.before, b.spatial.part),
  },
  emit: (b) => ({spec: specOf(b, 'separable'), weights: () => foldSeparable(b)}),
};
