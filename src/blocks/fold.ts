/** From what a rule matched to the op's spec and weights: every affine goes into a layer beside it. */
import {type BlockOrder, blockSpec, type BlockSpec} from '../../ops/block.ts';
import type {FoldedBlock, FoldedLayer} from '../../ops/packParams.ts';
import type {Affine, Pointwise, SpatialConv} from '../parts/parts.ts';
import {compose, IDENTITY} from './affine.ts';
import {foldFilter, foldMatrix} from './layer.ts';
import type {Block, Captured} from './rule.ts';

/** Returns the spec of a block whose guards all hold. */
export function specOf(block: Block, order: BlockOrder): BlockSpec {
  const {inChannels, spatial, expand, project} = block;
  return blockSpec({
    order,
    inChannels,
    hiddenChannels: expand.part.outputs,
    outChannels: project.part.outputs,
    kernelSize: spatial.part.kernelSize,
    stride: spatial.part.strides[0] as 1 | 2,
    padding: spatial.part.padding,
    groupWidth: spatial.part.groupWidth,
    layerNormEpsilon: block.norm?.part.epsilon ?? null,
    spatialActivation: block.spatialActivation?.part.activation ?? 'linear',
    hiddenActivation: block.hidden?.part.activation ?? 'linear',
    residual: block.residual,
  });
}

/** Returns the weights of spatial → [act] → [norm] → expand → act → project. */
export function foldConvFirst(block: Block): FoldedBlock {
  const beforeExpand = afterLast(block.spatialActivation, block.norm);
  return {
    spatial: foldSpatial(block.spatial, block.before),
    expand: foldPointwise(block.expand, beforeExpand),
    project: foldPointwise(block.project, afterLast(block.hidden)),
  };
}

/** Returns the weights of expand → act → spatial → [act] → project. */
export function foldExpandFirst(block: Block): FoldedBlock {
  return {
    expand: foldPointwise(block.expand, block.before),
    spatial: foldSpatial(block.spatial, afterLast(block.hidden)),
    project: foldPointwise(block.project, afterLast(block.spatialActivation)),
  };
}

/** The affines after layers that have no weights of their own: they go into the next layer that has. */
function afterLast(...layers: readonly (Captured<unknown> | null)[]): Affine {
  return layers.reduce<Affine>((before, layer) => (layer === null ? before : compose(layer.after, before)), IDENTITY);
}

function foldPointwise({part, after}: Captured<Pointwise>, before: Affine): FoldedLayer {
  return foldMatrix({matrix: part.matrix.pieces(), inputs: part.inputs, outputs: part.outputs, before, after});
}

function foldSpatial({part, after}: Captured<SpatialConv>, before: Affine): FoldedLayer {
  const {filter, channels, groupWidth} = part;
  return foldFilter({filter: filter.data(), channels, groupWidth, before, after});
}
