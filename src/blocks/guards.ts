/** Guards that several rules have: what the op can hold, and where an affine can be folded exactly. */
import {groupWidthRefusal} from '../../ops/block.ts';
import type {Affine, Pointwise, SpatialConv} from '../parts/parts.ts';
import {denseConv} from '../parts/convolution.ts';
import {isIdentity, isUnshifted} from '../parts/affine.ts';
import type {Block, Guard} from './rule.ts';

export const SHARED_GUARDS: Readonly<Record<string, Guard>> = {
  'no dilation': ({spatial: {part}}) =>
    part.dilations.every((d) => d === 1) ? null : `dilation ${part.dilations.join('×')}`,
  'same stride both ways': ({spatial: {part}}) =>
    part.strides[0] === part.strides[1] ? null : `strides ${part.strides.join('×')}`,
  'stride 1 or 2': ({spatial: {part}}) => (part.strides[0] <= 2 ? null : `stride ${part.strides[0]}`),
  'a conv in groups': ({spatial: {part}}) => denseOrNull(part),
  'packable group width': ({spatial: {part}}) => groupWidthRefusal(part.groupWidth, part.channels),
  'a residual as large as the output': residualFits,
};

export const HIDDEN_ACTIVATION: Readonly<Record<string, Guard>> = {
  'a hidden activation': ({hidden}) => (hidden === null ? 'a linear hidden layer: two 1×1 convs in a row' : null),
};

/** Scales go from either side of a gate to the other, and into its mean; what is added does not. */
export const EXCITE_GUARDS: Readonly<Record<string, Guard>> = {
  'one squeeze-and-excite': ({earlyExcite, excite}) =>
    earlyExcite !== null && excite !== null ? 'two squeeze-and-excites in a row' : null,
  'nothing added before squeeze-and-excite': ({excite, spatialActivation}) =>
    excite !== null && spatialActivation !== null && !isUnshifted(spatialActivation.after)
      ? 'a constant added between an activation and squeeze-and-excite'
      : null,
  'an activation right after squeeze-and-excite': ({earlyExcite}) =>
    earlyExcite !== null && !isIdentity(earlyExcite.after)
      ? 'a scale or constant between squeeze-and-excite and the activation'
      : null,
  'a squeeze-and-excite that fits': ({excite, earlyExcite, spatial: {part}}) => {
    const found = excite ?? earlyExcite;
    return found && channelsFit(part, found.part.reduce.part, found.part.expand.part, part);
  },
};

/** What is said of a conv that is not in groups; null for one that is. */
export function denseOrNull({groupWidth, channels, kernelSize}: SpatialConv): string | null {
  return groupWidth < channels || groupWidth === 1 ? null : denseConv(kernelSize);
}

function residualFits({residual, spatial, project, inChannels}: Block): string | null {
  if (!residual) return null;
  const {part} = spatial;
  if (part.strides.some((s) => s !== 1)) return `a sum with the input across stride ${part.strides.join('×')}`;
  if (!keepsSize(part)) return 'a sum with the input across a conv that changes the size';
  return inChannels === project.part.outputs ? null : `a sum of ${inChannels} and ${project.part.outputs} channels`;
}

function keepsSize({padding, kernelSize: [height, width]}: SpatialConv): boolean {
  if (padding === 'same') return true;
  const {top, right, bottom, left} = padding === 'valid' ? {top: 0, right: 0, bottom: 0, left: 0} : padding;
  return top + bottom === height - 1 && left + right === width - 1;
}

/** Whether each layer takes as many channels as the one before it gives; in a broken model it may not. */
export function channelsFit(...layers: readonly (SpatialConv | Pointwise)[]): string | null {
  const widths = layers.map((part) =>
    part.kind === 'spatial' ? {takes: part.channels, gives: part.channels} : {takes: part.inputs, gives: part.outputs},
  );
  const at = widths.findIndex(({takes}, i) => i > 0 && takes !== widths[i - 1]!.gives);
  return at < 0 ? null : `a layer of ${widths[at - 1]!.gives} outputs before one of ${widths[at]!.takes} inputs`;
}

/** Whether an affine before the spatial conv can go into its filter: padding is zero after the affine, not before. */
export function foldsThroughPadding(before: Affine | undefined, {padding}: SpatialConv): string | null {
  if (before === undefined || padding === 'valid' || isUnshifted(before)) return null;
  return 'a constant added before a conv with padding';
}

/** Whether only one scale stands between the hidden activation and the response norm, which takes it into its epsilons. */
export function reachesResponseNorm({responseNorm, hidden}: Block): string | null {
  if (responseNorm === null || hidden === null) return null;
  const {scale} = hidden.after;
  return typeof scale === 'number' && scale !== 0 && isUnshifted(hidden.after)
    ? null
    : 'a scale for each channel or a constant between an activation and response norm';
}

/** Whether nothing stands between the spatial activation and the norm. */
export function reachesNorm({norm, spatialActivation}: Block): string | null {
  return norm === null || spatialActivation === null || isIdentity(spatialActivation.after)
    ? null
    : 'a scale or constant between an activation and LayerNorm';
}
