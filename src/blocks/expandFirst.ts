import {foldExpandFirst, specOf} from './fold.ts';
import {channelsFit, foldsThroughPadding, SHARED_GUARDS} from './guards.ts';
import {type BlockRule, maybe, one} from './rule.ts';

/** before: `x + project(act(spatial(act(expand(x)))))`   after: `FusedResidualBlock(x, params)`; MBConv. */
export const expandFirst: BlockRule = {
  name: 'expand-first',
  layers: [
    one('expand', 'pointwise'),
    maybe('hidden', 'activation'),
    one('spatial', 'spatial'),
    maybe('spatialActivation', 'activation'),
    one('project', 'pointwise'),
  ],
  require: {
    ...SHARED_GUARDS,
    'layers that fit': ({spatial, expand, project}) => channelsFit(expand.part, spatial.part, project.part),
    'nothing added before padding': (b) => foldsThroughPadding(b.hidden?.after, b.spatial.part),
  },
  emit: (b) => ({spec: specOf(b, 'expand-first'), weights: () => foldExpandFirst(b)}),
};
