/** From what a rule matched to the op's spec and weights: every affine goes into a layer beside it. */
import {type BlockOrder, blockSpec, type BlockSpec, type ResponseNorm, type SqueezeExcite} from '../../ops/block.ts';
import type {FoldedBlock, FoldedLayer} from '../../ops/packParams.ts';
import {compose, IDENTITY} from '../parts/affine.ts';
import {channel, type PerChannel} from '../parts/algebra.ts';
import type {ActivationPart, Affine, FoldedPointwise, SpatialConv} from '../parts/parts.ts';
import {foldFilter, foldMatrix} from './layer.ts';
import type {Block, Captured} from './rule.ts';

/** Returns the spec of a block whose guards all hold. */
export function specOf(block: Block, order: BlockOrder): BlockSpec {
  const {inChannels, spatial, expand, project} = block;
  return blockSpec({
    order,
    inChannels,
    hiddenChannels: expand?.part.outputs ?? inChannels,
    outChannels: project.part.outputs,
    kernelSize: spatial.part.kernelSize,
    stride: spatial.part.strides[0] as 1 | 2,
    padding: spatial.part.padding,
    groupWidth: spatial.part.groupWidth,
    layerNormEpsilon: block.norm?.part.epsilon ?? null,
    spatialActivation: block.spatialActivation?.part.activation ?? 'linear',
    hiddenActivation: block.hidden?.part.activation ?? 'linear',
    squeezeExcite: squeezeExciteOf(block),
    responseNorm: responseNormOf(block),
    residual: block.residual,
    outputActivation: block.outputActivation?.activation ?? 'linear',
  });
}

function squeezeExciteOf({excite, earlyExcite}: Block): SqueezeExcite | null {
  const found = excite ?? earlyExcite;
  if (found === null) return null;
  const {reduce, activation, gate} = found.part;
  return {
    channels: reduce.part.outputs,
    activation: activation?.activation ?? 'linear',
    gate,
    beforeActivation: found === earlyExcite,
  };
}

/** Of s · x the norm is |s| times as large, and so is the mean: what is added to them must be. */
function responseNormOf({responseNorm, hidden}: Block): ResponseNorm | null {
  if (responseNorm === null) return null;
  const {epsilon, normEpsilon} = responseNorm.part;
  const scale = Math.abs(channel(hidden?.after.scale ?? 1, 0));
  return {epsilon: epsilon / scale, normEpsilon: normEpsilon / scale ** 2};
}

/** Returns the weights of spatial → [act] → [norm] → expand → act → [response norm] → project → [act]. */
export function foldConvFirst(block: Block): FoldedBlock {
  const {spatial, expand, hidden, responseNorm} = block;
  const beforeExpand = afterLast(block.spatialActivation, block.norm);
  const scale = responseNorm?.part.scale;
  return {
    spatial: foldSpatial(spatial, {before: block.before, followedBy: block.spatialActivation}),
    expand: foldPointwise({...expand!, before: beforeExpand}, hidden?.part),
    ...(scale === undefined ? {} : {responseNorm: {scale: factors(scale, expand!.part.outputs)}}),
    project: foldProject(block, afterLast(hidden, responseNorm)),
  };
}

/** Returns the weights of expand → act → spatial → [act] → [squeeze-and-excite] → project → [act]. */
export function foldExpandFirst(block: Block): FoldedBlock {
  const {expand, hidden} = block;
  return {
    expand: foldPointwise({...expand!, before: block.before}, hidden?.part),
    ...foldFromSpatial(block, afterLast(hidden)),
  };
}

/** Returns the weights of spatial → [act] → [squeeze-and-excite] → project → [act]. */
export function foldSeparable(block: Block): FoldedBlock {
  return foldFromSpatial(block, block.before);
}

function foldFromSpatial(block: Block, before: Affine): FoldedBlock {
  const {spatial, earlyExcite, spatialActivation, excite} = block;
  return {
    spatial: foldSpatial(spatial, {before, followedBy: spatialActivation}),
    ...foldExcite(earlyExcite ?? excite, excite === null ? IDENTITY : afterLast(spatialActivation)),
    project: foldProject(block, afterLast(spatialActivation, excite)),
  };
}

function foldExcite(found: Block['excite'], before: Affine): Partial<FoldedBlock> {
  if (found === null) return {};
  const {reduce, activation, expand} = found.part;
  return {
    seReduce: foldPointwise({...reduce, before: compose(reduce.before, before)}, activation),
    seExpand: foldPointwise(expand),
  };
}

function foldProject({project, outputActivation}: Block, before: Affine): FoldedLayer {
  return foldPointwise({...project, before}, outputActivation);
}

/** The affines after layers that have no weights of their own: they go into the next layer that has. */
function afterLast(...layers: readonly (Captured<unknown> | null)[]): Affine {
  return layers.reduce<Affine>((before, layer) => (layer === null ? before : compose(layer.after, before)), IDENTITY);
}

function foldPointwise({part, before, after}: FoldedPointwise, followedBy?: ActivationPart | null): FoldedLayer {
  const {matrix, inputs, outputs} = part;
  const folded = foldMatrix({matrix: matrix.pieces(), inputs, outputs, before, after});
  return {...folded, ...slopesOf(followedBy, outputs)};
}

interface AroundSpatial {
  readonly before: Affine;
  readonly followedBy: Captured<ActivationPart> | null;
}

function foldSpatial({part, after}: Captured<SpatialConv>, {before, followedBy}: AroundSpatial): FoldedLayer {
  const {filter, channels, groupWidth} = part;
  const folded = foldFilter({filter: filter.data(), channels, groupWidth, before, after});
  return {...folded, ...slopesOf(followedBy?.part, channels)};
}

function slopesOf(activation: ActivationPart | null | undefined, outputs: number): Pick<FoldedLayer, 'slopes'> {
  return activation?.slopes === undefined ? {} : {slopes: factors(activation.slopes, outputs)};
}

function factors(of: PerChannel, channels: number): Float32Array {
  return Float32Array.from({length: channels}, (_, c) => channel(of, c));
}
