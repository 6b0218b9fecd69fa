import {foldExpandFirst, specOf} from './fold.ts';
import {channelsFit, EXCITE_GUARDS, foldsThroughPadding, HIDDEN_ACTIVATION, SHARED_GUARDS} from './guards.ts';
import {type BlockRule, maybe, one} from './rule.ts';

/** before: `x + project(act(spatial(act(expand(x)))))`   after: `FusedResidualBlock(x, params)`; MBConv. */
export const expandFirst: BlockRule = {
  name: 'expand-first',
  layers: [
    one('expand', 'pointwise'),
    maybe('hidden', 'activation'),
    one('spatial', 'spatial'),
    maybe('earlyExcite', 'squeeze-excite'),
    maybe('spatialActivation', 'activation'),
    maybe('excite', 'squeeze-excite'),
    one('project', 'pointwise'),
  ],
  // There the first 1×1 conv ends a separable block.
  notAfter: 'spatial',
  require: {
    ...SHARED_GUARDS,
    ...EXCITE_GUARDS,
    ...HIDDEN_ACTIVATION,
    'layers that fit': ({spatial, expand, project}) => channelsFit(expand!.part, spatial.part, project.part),
    'nothing added before padding': (b) => foldsThroughPadding(b.hidden?.after, b.spatial.part),
  },
  emit: (b) => ({spec: specOf(b, 'expand-first'), weights: () => foldExpandFirst(b)}),
};
