/** The problem that every kernel solves: a residual block, described once, knowing nothing of backends. */
import {BlockFusionError} from './errors.ts';

/** Every activation that a block can hold. */
export const ACTIVATIONS = [
  'linear',
  'relu',
  'relu6',
  'silu',
  'gelu',
  'gelu-tanh',
  'hard-swish',
  'sigmoid',
  'elu',
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

const BLOCK_ORDERS = ['conv-first', 'expand-first'] as const;
export type BlockOrder = (typeof BLOCK_ORDERS)[number];

/** Zeros put around the spatial conv's own input, in pixels. */
export interface ExplicitPadding {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}
/** 'same' is TensorFlow's rule, from the run-time size: with stride 2 it is not symmetric. */
export type Padding = 'same' | 'valid' | ExplicitPadding;

/**
 * A residual block:
 * `conv-first`   spatial conv [+ act] → [LayerNorm without affine] → expand → act → project → [+ x]
 * `expand-first` expand → act → spatial conv → act → project → [+ x]
 *
 * The spatial conv keeps its channel count: `inChannels` in conv-first, `hiddenChannels` in expand-first.
 */
export interface BlockSpec {
  readonly order: BlockOrder;
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** Height, width of the spatial conv's window. */
  readonly kernelSize: readonly [number, number];
  readonly stride: 1 | 2;
  readonly padding: Padding;
  /** Channels per group of the spatial conv: 1 (depthwise) or a multiple of 8. */
  readonly groupWidth: number;
  /** Epsilon of the LayerNorm over channels; null where there is none. Conv-first only. */
  readonly layerNormEpsilon: number | null;
  /** After the spatial conv. */
  readonly spatialActivation: Activation;
  /** After expand. */
  readonly hiddenActivation: Activation;
  readonly residual: boolean;
}

/** The channels of the spatial conv, in and out. */
export function spatialChannels(spec: BlockSpec): number {
  return spec.order === 'conv-first' ? spec.inChannels : spec.hiddenChannels;
}

/** Whether the fused kernels can hold a spatial conv of this group width; null, or the reason why not. */
export function groupWidthRefusal(groupWidth: number, channels: number): string | null {
  if (groupWidth !== 1 && groupWidth % 8 !== 0) return `group width ${groupWidth} is neither 1 nor a multiple of 8`;
  if (channels % groupWidth !== 0) return `group width ${groupWidth} does not divide ${channels} channels`;
  return null;
}

/** The specs that blockSpec made, sound and never to change, by what they say: what is planned for one is kept by its identity. */
const specs = new Map<string, BlockSpec>();
const checkedSpecs = new WeakSet<BlockSpec>();

/**
 * Returns the spec, checked and frozen: the same object for equal fields.
 * Throws: `invalid-spec`.
 */
export function blockSpec(fields: BlockSpec): BlockSpec {
  if (checkedSpecs.has(fields)) return fields;
  checkSpec(fields);
  const {padding, kernelSize} = fields;
  const spec = Object.freeze({
    order: fields.order,
    inChannels: fields.inChannels,
    hiddenChannels: fields.hiddenChannels,
    outChannels: fields.outChannels,
    kernelSize: Object.freeze([kernelSize[0], kernelSize[1]] as const),
    stride: fields.stride,
    padding: typeof padding === 'string' ? padding : frozenPads(padding),
    groupWidth: fields.groupWidth,
    layerNormEpsilon: fields.layerNormEpsilon,
    spatialActivation: fields.spatialActivation,
    hiddenActivation: fields.hiddenActivation,
    residual: fields.residual,
  });
  const key = JSON.stringify(spec);
  const known = specs.get(key);
  if (known !== undefined) return known;
  specs.set(key, spec);
  checkedSpecs.add(spec);
  return spec;
}

function frozenPads({top, right, bottom, left}: ExplicitPadding): ExplicitPadding {
  return Object.freeze({top, right, bottom, left});
}

/** A spec as it may come from outside. */
type Unchecked = Readonly<Record<keyof BlockSpec, unknown>>;

function checkSpec(fields: Unchecked): asserts fields is BlockSpec {
  check(
    BLOCK_ORDERS.includes(fields.order as BlockOrder),
    fields,
    'order',
    `must be one of ${BLOCK_ORDERS.join(', ')}`,
  );
  for (const name of ['inChannels', 'hiddenChannels', 'outChannels', 'groupWidth'] as const)
    check(isCount(fields[name]), fields, name, 'must be a positive integer');
  const {kernelSize, padding} = fields;
  const twoCounts = Array.isArray(kernelSize) && kernelSize.length === 2 && kernelSize.every(isCount);
  check(twoCounts, fields, 'kernelSize', 'must be [height, width], positive integers');
  check(fields.stride === 1 || fields.stride === 2, fields, 'stride', 'must be 1 or 2');
  const named = padding === 'same' || padding === 'valid';
  check(
    named || isExplicit(padding),
    fields,
    'padding',
    "must be 'same', 'valid' or {top, right, bottom, left} in pixels",
  );
  for (const name of ['spatialActivation', 'hiddenActivation'] as const)
    check(ACTIVATIONS.includes(fields[name] as Activation), fields, name, `must be one of ${ACTIVATIONS.join(', ')}`);
  check(typeof fields.residual === 'boolean', fields, 'residual', 'must be a boolean');
  checkTogether(fields as BlockSpec);
}

/** What holds between fields, each of which is sound. */
function checkTogether(spec: BlockSpec): void {
  const refusal = groupWidthRefusal(spec.groupWidth, spatialChannels(spec));
  check(
    refusal === null,
    spec,
    'groupWidth',
    `must be 1 or a multiple of 8 that divides the spatial channels (${refusal})`,
  );
  const epsilon = spec.layerNormEpsilon;
  const soundEpsilon = epsilon === null || (spec.order === 'conv-first' && Number.isFinite(epsilon) && epsilon >= 0);
  check(soundEpsilon, spec, 'layerNormEpsilon', 'must be null, or a number ≥ 0 in conv-first');
  const fits = !spec.residual || (spec.stride === 1 && spec.inChannels === spec.outChannels);
  check(fits, spec, 'residual', 'must be false unless stride is 1 and inChannels = outChannels');
}

function check(holds: boolean, fields: Unchecked, name: keyof BlockSpec, must: string): void {
  if (!holds)
    throw new BlockFusionError('invalid-spec', {
      where: 'BlockSpec',
      must: `${name} ${must}`,
      got: fields[name],
      fix: 'correct it, or leave this block unfused',
    });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isExplicit(padding: unknown): boolean {
  if (typeof padding !== 'object' || padding === null) return false;
  const {top, right, bottom, left} = padding as Record<string, unknown>;
  return [top, right, bottom, left].every((side) => side === 0 || isCount(side));
}

/** What a block does to an image of a given size: the padding in pixels and the size that comes out. */
export interface BlockGeometry {
  readonly outHeight: number;
  readonly outWidth: number;
  readonly pad: ExplicitPadding;
}

/**
 * Returns the output size and the padding in pixels for an input of `height` × `width`.
 * Throws: `invalid-input` where nothing would come out, or where a residual would not fit.
 */
export function blockGeometry(spec: BlockSpec, height: number, width: number): BlockGeometry {
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const vertical = axisGeometry(spec, {size: height, kernel: kernelHeight, before: 'top', after: 'bottom'});
  const horizontal = axisGeometry(spec, {size: width, kernel: kernelWidth, before: 'left', after: 'right'});
  if (vertical.out < 1 || horizontal.out < 1)
    throw new BlockFusionError('invalid-input', {
      where: 'FusedResidualBlock',
      must: `an image must be at least as large as the ${kernelHeight}×${kernelWidth} kernel, padding included`,
      got: `${height}×${width}`,
      fix: 'give a larger image',
    });
  if (spec.residual && (vertical.out !== height || horizontal.out !== width))
    throw new BlockFusionError('invalid-input', {
      where: 'FusedResidualBlock',
      must: 'with a residual the output must be as large as the input',
      got: `${height}×${width} → ${vertical.out}×${horizontal.out}`,
      fix: 'use padding that keeps the size, or no residual',
    });
  return {
    outHeight: vertical.out,
    outWidth: horizontal.out,
    pad: {top: vertical.before, bottom: vertical.after, left: horizontal.before, right: horizontal.after},
  };
}

interface Axis {
  size: number;
  kernel: number;
  before: 'top' | 'left';
  after: 'bottom' | 'right';
}

function axisGeometry({stride, padding}: BlockSpec, axis: Axis): {before: number; after: number; out: number} {
  const {size, kernel} = axis;
  if (padding === 'same') {
    const out = Math.ceil(size / stride);
    const total = Math.max((out - 1) * stride + kernel - size, 0);
    const before = Math.floor(total / 2);
    return {before, after: total - before, out};
  }
  const before = padding === 'valid' ? 0 : padding[axis.before];
  const after = padding === 'valid' ? 0 : padding[axis.after];
  return {before, after, out: Math.floor((size + before + after - kernel) / stride) + 1};
}

/** A short text that tells one spec from another, for reports and messages. */
export function describeBlock(spec: BlockSpec): string {
  const {order, inChannels, hiddenChannels, outChannels, kernelSize, stride, groupWidth, layerNormEpsilon} = spec;
  const act = spec.spatialActivation === 'linear' ? '' : ` ${spec.spatialActivation}`;
  return [
    `${order} ${inChannels}→${hiddenChannels}→${outChannels}`,
    `${kernelSize[0]}×${kernelSize[1]} ${groupWidth === 1 ? 'depthwise' : `group width ${groupWidth}`}${act}`,
    ...(stride === 1 ? [] : [`stride ${stride}`]),
    ...describePadding(spec.padding),
    ...(layerNormEpsilon === null ? [] : [`LayerNorm ε ${shortNumber(layerNormEpsilon)}`]),
    spec.hiddenActivation,
    ...(spec.residual ? ['+ x'] : []),
  ].join(', ');
}

/** 'same' is what nearly all have. */
function describePadding(padding: Padding): string[] {
  if (padding === 'same') return [];
  if (padding === 'valid') return ['unpadded'];
  const {top, right, bottom, left} = padding;
  return [`pads ${top},${right},${bottom},${left}`];
}

/** 1e-6 rather than 0.000001, and without the digits of float32's rounding. */
function shortNumber(value: number): string {
  const rounded = Number(value.toPrecision(6));
  return rounded !== 0 && rounded < 1e-3 ? rounded.toExponential() : String(rounded);
}
