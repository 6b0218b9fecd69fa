import {foldConvFirst, specOf} from './fold.ts';
import {
  channelsFit,
  foldsThroughPadding,
  HIDDEN_ACTIVATION,
  reachesNorm,
  reachesResponseNorm,
  SHARED_GUARDS,
} from './guards.ts';
import {type BlockRule, maybe, one} from './rule.ts';

/** before: `x + project(act(expand(norm(spatial(x)))))`   after: `FusedResidualBlock(x, params)`; ConvNeXt, ConvFirst. */
export const convFirst: BlockRule = {
  name: 'conv-first',
  layers: [
    one('spatial', 'spatial'),
    maybe('spatialActivation', 'activation'),
    maybe('norm', 'layer-norm'),
    one('expand', 'pointwise'),
    maybe('hidden', 'activation'),
    maybe('responseNorm', 'response-norm'),
    one('project', 'pointwise'),
  ],
  require: {
    ...SHARED_GUARDS,
    ...HIDDEN_ACTIVATION,
    'layers that fit': ({spatial, expand, project}) => channelsFit(spatial.part, expand!.part, project.part),
    'nothing added before padding': (b) => foldsThroughPadding(b.before, b.spatial.part),
    'norm right after the conv or its activation': reachesNorm,
    'response norm right after the activation': reachesResponseNorm,
  },
  emit: (b) => ({spec: specOf(b, 'conv-first'), weights: () => foldConvFirst(b)}),
};
