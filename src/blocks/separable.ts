import type {SpatialConv} from '../parts/parts.ts';
import {denseOrNull} from './guards.ts';
import {maybe, one, type UnfusedBlock} from './rule.ts';

/** Not fused: `act(x + project(act(spatial(x))))`: MobileNetV1, BlazeFace, and the first block of MobileNetV2. */
export const separable: UnfusedBlock = {
  name: 'separable',
  layers: [
    one('spatial', 'spatial'),
    maybe('spatialActivation', 'activation'),
    one('project', 'pointwise'),
    maybe('last', 'activation'),
  ],
  lacks: (layers) => denseOrNull(layers.get('spatial')!.part as SpatialConv) ?? 'no 1×1 conv before the depthwise conv',
};
