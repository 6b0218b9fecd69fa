/**
 * The attrs of a `FusedResidualBlock` node: BlockSpec ↔ GraphDef, in one codec.
 *
 * tfjs hands a custom op its attrs decoded: strings lower-cased, an int from a number or a string of digits, a float only
 * from a JSON number, an empty list as undefined. So every string here is lower case, epsilon is a number, and what is null
 * is absent, as is a part that a block has not: a model written before there was the part means the same.
 */
import {
  type Activation,
  type BlockOrder,
  type BlockSpec,
  blockSpec,
  type ResponseNorm,
  type SqueezeExcite,
} from './block.ts';
import {BlockFusionError} from './errors.ts';
import {getOrMake} from './getOrMake.ts';
import {PARAMS_LAYOUTS, type Precision} from './params.ts';

export const FUSED_RESIDUAL_BLOCK = 'FusedResidualBlock';

/** The kinds of GraphDef attr that a fused node has. */
export type BlockAttr =
  | {readonly s: string}
  | {readonly i: string}
  | {readonly f: number}
  | {readonly b: boolean}
  | {readonly list: {readonly i: string[]}};

/** Attrs as tfjs gives them to a custom op. */
export type DecodedAttrs = Readonly<Record<string, unknown>>;

/** Returns the GraphDef attrs of a node with this spec, its params in layout 1 or, in float16, 2. */
export function encodeBlockAttrs(spec: BlockSpec, precision: Precision = 'float32'): Record<string, BlockAttr> {
  const {padding, squeezeExcite, responseNorm} = spec;
  const text = (value: string): BlockAttr => ({s: btoa(value)});
  const int = (value: number): BlockAttr => ({i: String(value)});
  const ints = (values: readonly number[]): BlockAttr => ({list: {i: values.map(String)}});
  return {
    order: text(spec.order),
    in_channels: int(spec.inChannels),
    hidden_channels: int(spec.hiddenChannels),
    out_channels: int(spec.outChannels),
    kernel_size: ints(spec.kernelSize),
    stride: int(spec.stride),
    padding: text(typeof padding === 'string' ? padding : 'explicit'),
    ...(typeof padding === 'string'
      ? {}
      : {explicit_pads: ints([padding.top, padding.right, padding.bottom, padding.left])}),
    group_width: int(spec.groupWidth),
    ...(spec.layerNormEpsilon === null ? {} : {layer_norm_epsilon: {f: spec.layerNormEpsilon}}),
    spatial_activation: text(spec.spatialActivation),
    hidden_activation: text(spec.hiddenActivation),
    ...(squeezeExcite === null
      ? {}
      : {
          se_channels: int(squeezeExcite.channels),
          se_activation: text(squeezeExcite.activation),
          se_gate: text(squeezeExcite.gate),
          se_before_activation: {b: squeezeExcite.beforeActivation},
        }),
    ...(responseNorm === null
      ? {}
      : {response_norm_epsilon: {f: responseNorm.epsilon}, response_norm_inner_epsilon: {f: responseNorm.normEpsilon}}),
    residual: {b: spec.residual},
    ...(spec.outputActivation === 'linear' ? {} : {output_activation: text(spec.outputActivation)}),
    params_layout: int(PARAMS_LAYOUTS[precision]),
  };
}

/** Specs by their attrs: a graph decodes the same few at every run, and a spec once made needs no second check. */
const specs = new Map<string, BlockSpec>();

/**
 * Returns the spec of a node from the attrs that tfjs decoded; the same spec for the same attrs.
 * Throws: `invalid-params` for an unknown params layout, `invalid-spec` for anything else that is missing or wrong.
 */
export function decodeBlockAttrs(attrs: DecodedAttrs): BlockSpec {
  return getOrMake(specs, JSON.stringify(attrs), () => specOf(attrs));
}

/**
 * Returns what a node's params are in. The op itself goes by their dtype: the attr is for those who read the graph.
 * Throws: `invalid-params` for an unknown layout.
 */
export function decodePrecision(attrs: DecodedAttrs): Precision {
  const layout = attrs['params_layout'];
  if (layout === PARAMS_LAYOUTS.float32) return 'float32';
  if (layout === PARAMS_LAYOUTS.float16) return 'float16';
  throw new BlockFusionError('invalid-params', {
    where: FUSED_RESIDUAL_BLOCK,
    must: `params_layout must be ${Object.values(PARAMS_LAYOUTS).join(' or ')}`,
    got: layout,
    fix: 'fuse the model again with this version',
  });
}

function specOf(attrs: DecodedAttrs): BlockSpec {
  decodePrecision(attrs);
  const padding = attrs['padding'];
  const pads = attrs['explicit_pads'];
  const [top, right, bottom, left] = Array.isArray(pads) ? (pads as number[]) : [];
  return blockSpec({
    order: attrs['order'] as BlockOrder,
    inChannels: attrs['in_channels'] as number,
    hiddenChannels: attrs['hidden_channels'] as number,
    outChannels: attrs['out_channels'] as number,
    kernelSize: attrs['kernel_size'] as [number, number],
    stride: attrs['stride'] as 1 | 2,
    padding:
      padding === 'explicit' ? {top: top!, right: right!, bottom: bottom!, left: left!} : (padding as 'same' | 'valid'),
    groupWidth: attrs['group_width'] as number,
    layerNormEpsilon: (attrs['layer_norm_epsilon'] as number | undefined) ?? null,
    spatialActivation: attrs['spatial_activation'] as Activation,
    hiddenActivation: attrs['hidden_activation'] as Activation,
    squeezeExcite: squeezeExciteOf(attrs),
    responseNorm: responseNormOf(attrs),
    residual: attrs['residual'] as boolean,
    outputActivation: (attrs['output_activation'] as Activation | undefined) ?? 'linear',
  });
}

function squeezeExciteOf(attrs: DecodedAttrs): SqueezeExcite | null {
  if (attrs['se_channels'] === undefined) return null;
  return {
    channels: attrs['se_channels'] as number,
    activation: attrs['se_activation'] as Activation,
    gate: attrs['se_gate'] as SqueezeExcite['gate'],
    beforeActivation: attrs['se_before_activation'] as boolean,
  };
}

function responseNormOf(attrs: DecodedAttrs): ResponseNorm | null {
  if (attrs['response_norm_epsilon'] === undefined) return null;
  return {
    epsilon: attrs['response_norm_epsilon'] as number,
    normEpsilon: attrs['response_norm_inner_epsilon'] as number,
  };
}

/** Returns raw GraphDef attrs of a fused node as tfjs would decode them. */
export function readRawBlockAttrs(raw: Readonly<Record<string, unknown>>): DecodedAttrs {
  const decode = (value: Partial<Record<'s' | 'i' | 'f' | 'b' | 'list', unknown>>): unknown => {
    if (typeof value.s === 'string') return atob(value.s).toLowerCase();
    if (value.i !== undefined) return Number(value.i);
    if (value.f !== undefined) return value.f;
    if (value.b !== undefined) return value.b;
    return (value.list as {i?: unknown[]} | undefined)?.i?.map(Number);
  };
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, decode(value as object)]));
}
