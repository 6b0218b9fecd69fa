/** The problem that every kernel solves: a residual block, described once, knowing nothing of backends. */
import {BlockFusionError} from './errors.ts';

/**
 * An activation that a block can hold. 'gelu' is the exact one, by erf, 'gelu-tanh' its approximation; 'prelu' has a slope for each
 * channel, among the params, and leaky ReLU is one whose slopes are equal.
 */
export type Activation =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'silu'
  | 'gelu'
  | 'gelu-tanh'
  | 'hard-swish'
  | 'sigmoid'
  | 'elu'
  | 'hard-sigmoid'
  | 'prelu';

/** Every activation: the compiler sees to it that none is missing. */
export const ACTIVATIONS = names<Activation>({
  ...{linear: 0, relu: 0, relu6: 0, silu: 0, gelu: 0, 'gelu-tanh': 0, 'hard-swish': 0, sigmoid: 0, elu: 0},
  ...{'hard-sigmoid': 0, prelu: 0},
});

/** In which order a block has its layers: see BlockSpec. */
export type BlockOrder = 'conv-first' | 'expand-first' | 'separable';

const BLOCK_ORDERS = names<BlockOrder>({'conv-first': 0, 'expand-first': 0, separable: 0});

function names<Name extends string>(all: Readonly<Record<Name, 0>>): readonly Name[] {
  return Object.keys(all) as Name[];
}

/** Zeros put around the spatial conv's own input. Units: pixels. */
export interface ExplicitPadding {
  /** Rows above. */
  readonly top: number;
  /** Columns. */
  readonly right: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns. */
  readonly left: number;
}
/**
 * What is put around the spatial conv's input: by TensorFlow's rules 'same', from the run-time size (with stride 2 it is not symmetric),
 * or 'valid', nothing; or so many zeros on each side.
 */
export type Padding = 'same' | 'valid' | ExplicitPadding;

const GATES = names<SqueezeExcite['gate']>({sigmoid: 0, 'hard-sigmoid': 0});

/**
 * Squeeze-and-excite: `h · gate(Wₑ · act(Wᵣ · mean(h) + bᵣ) + bₑ)`, the mean over height and width.
 * Source: Hu et al., "Squeeze-and-Excitation Networks", 2018.
 */
export interface SqueezeExcite {
  /** Outputs of the first product, Wᵣ. */
  readonly channels: number;
  /** After the first product. */
  readonly activation: Activation;
  /** After the second product, Wₑ: what the channels are multiplied with. */
  readonly gate: 'sigmoid' | 'hard-sigmoid';
  /** Whether it stands between the spatial conv and its activation; else after both. */
  readonly beforeActivation: boolean;
}

/**
 * Global response norm: `h + h · γ · n / (mean(n) + epsilon) + β`, where n is `√(Σ h² + normEpsilon)`, the sum over height and
 * width, the mean over channels. β is folded into project's bias.
 * Source: Woo et al., "ConvNeXt V2", 2023.
 */
export interface ResponseNorm {
  /** Added to the mean. A number ≥ 0. */
  readonly epsilon: number;
  /** Added to the sum under the root. A number ≥ 0. */
  readonly normEpsilon: number;
}

/**
 * A residual block:
 * `conv-first`   spatial conv [+ act] → [LayerNorm without affine] → expand → act → [response norm] → project → [+ x] → [act]
 * `expand-first` expand → act → spatial conv → act → [squeeze-and-excite] → project → [+ x] → [act]
 * `separable`    spatial conv → [act] → [squeeze-and-excite] → project → [+ x] → [act]
 *
 * The spatial conv keeps its channel count: `hiddenChannels` in expand-first, else `inChannels`.
 */
export interface BlockSpec {
  /** Which layers it has, and in which order. */
  readonly order: BlockOrder;
  /** Channels of x. */
  readonly inChannels: number;
  /** The channels that project reads: those of expand, or, in separable, `inChannels`. */
  readonly hiddenChannels: number;
  /** Channels of the result. */
  readonly outChannels: number;
  /** Height, width of the spatial conv's window. Units: pixels. */
  readonly kernelSize: readonly [number, number];
  /** Of the spatial conv, down and across. Units: pixels. */
  readonly stride: 1 | 2;
  /** Of the spatial conv. */
  readonly padding: Padding;
  /** Channels per group of the spatial conv: 1 (depthwise) or a multiple of 8. */
  readonly groupWidth: number;
  /** Epsilon of the LayerNorm over channels; null where there is none. Conv-first only. */
  readonly layerNormEpsilon: number | null;
  /** After the spatial conv. */
  readonly spatialActivation: Activation;
  /** After expand; 'linear' in separable, which has none. */
  readonly hiddenActivation: Activation;
  /** Before project; null where there is none. Expand-first and separable only. */
  readonly squeezeExcite: SqueezeExcite | null;
  /** Before project; null where there is none. Conv-first only. */
  readonly responseNorm: ResponseNorm | null;
  /** Whether x is added to the result: only with stride 1 and as many channels out as in. */
  readonly residual: boolean;
  /** After the sum with x, or after project where there is none. */
  readonly outputActivation: Activation;
}

/** A spec as one writes it: what few blocks have may be left out. */
export interface BlockFields extends Omit<BlockSpec, 'squeezeExcite' | 'responseNorm' | 'outputActivation'> {
  /** Default null: none. */
  readonly squeezeExcite?: SqueezeExcite | null;
  /** Default null: none. */
  readonly responseNorm?: ResponseNorm | null;
  /** Default 'linear'. */
  readonly outputActivation?: Activation;
}

/** The channels of the spatial conv, in and out. */
export function spatialChannels(spec: BlockSpec): number {
  return spec.order === 'expand-first' ? spec.hiddenChannels : spec.inChannels;
}

/** Whether a part needs every pixel of an image before there is any output: such a block runs in two sweeps. */
export function isGlobal({squeezeExcite, responseNorm}: BlockSpec): boolean {
  return squeezeExcite !== null || responseNorm !== null;
}

/** Whether the fused kernels can hold a spatial conv of this group width; null, or the reason why not. */
export function groupWidthRefusal(groupWidth: number, channels: number): string | null {
  if (groupWidth !== 1 && groupWidth % 8 !== 0) return `group width ${groupWidth} is neither 1 nor a multiple of 8`;
  if (channels % groupWidth !== 0) return `group width ${groupWidth} does not divide ${channels} channels`;
  return null;
}

/** The specs that blockSpec made, sound and never to change, by what they say: what is planned for one is kept by its identity. */
const specs = new Map<string, BlockSpec>();
const checkedSpecs = new WeakSet<BlockFields>();

function isChecked(fields: BlockFields): fields is BlockSpec {
  return checkedSpecs.has(fields);
}

/**
 * Returns the spec, checked and frozen: the same object for equal fields.
 * Throws: `invalid-spec`.
 */
export function blockSpec(given: BlockFields): BlockSpec {
  if (isChecked(given)) return given;
  const fields = {squeezeExcite: null, responseNorm: null, outputActivation: 'linear', ...given};
  checkSpec(fields);
  const {padding, kernelSize, squeezeExcite, responseNorm} = fields;
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
    squeezeExcite: squeezeExcite && frozenSqueezeExcite(squeezeExcite),
    responseNorm: responseNorm && frozenResponseNorm(responseNorm),
    residual: fields.residual,
    outputActivation: fields.outputActivation,
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

function frozenSqueezeExcite({channels, activation, gate, beforeActivation}: SqueezeExcite): SqueezeExcite {
  return Object.freeze({channels, activation, gate, beforeActivation});
}

function frozenResponseNorm({epsilon, normEpsilon}: ResponseNorm): ResponseNorm {
  return Object.freeze({epsilon, normEpsilon});
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
  for (const name of ['spatialActivation', 'hiddenActivation', 'outputActivation'] as const)
    check(isActivation(fields[name]), fields, name, `must be one of ${ACTIVATIONS.join(', ')}`);
  check(
    fields.squeezeExcite === null || isSqueezeExcite(fields.squeezeExcite),
    fields,
    'squeezeExcite',
    `must be null, or {channels, activation, gate: ${GATES.join(' or ')}, beforeActivation}`,
  );
  check(
    fields.responseNorm === null || isResponseNorm(fields.responseNorm),
    fields,
    'responseNorm',
    'must be null, or {epsilon, normEpsilon}, numbers ≥ 0',
  );
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
  const {order, layerNormEpsilon, squeezeExcite, responseNorm} = spec;
  const isConvFirst = order === 'conv-first';
  const soundEpsilon = layerNormEpsilon === null || (isConvFirst && isEpsilon(layerNormEpsilon));
  check(soundEpsilon, spec, 'layerNormEpsilon', 'must be null, or a number ≥ 0 in conv-first');
  check(squeezeExcite === null || !isConvFirst, spec, 'squeezeExcite', 'must be null in conv-first');
  check(responseNorm === null || isConvFirst, spec, 'responseNorm', 'must be null but in conv-first');
  const isSeparable = order === 'separable';
  check(
    !isSeparable || spec.hiddenChannels === spec.inChannels,
    spec,
    'hiddenChannels',
    'must be inChannels in separable',
  );
  check(!isSeparable || spec.hiddenActivation === 'linear', spec, 'hiddenActivation', 'must be linear in separable');
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

function isActivation(value: unknown): value is Activation {
  return ACTIVATIONS.includes(value as Activation);
}

function isEpsilon(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isSqueezeExcite(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const {channels, activation, gate, beforeActivation} = value as Record<keyof SqueezeExcite, unknown>;
  const isGate = GATES.includes(gate as SqueezeExcite['gate']);
  return isCount(channels) && isActivation(activation) && isGate && typeof beforeActivation === 'boolean';
}

function isResponseNorm(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const {epsilon, normEpsilon} = value as Record<keyof ResponseNorm, unknown>;
  return isEpsilon(epsilon) && isEpsilon(normEpsilon);
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
  const widths = order === 'separable' ? [inChannels, outChannels] : [inChannels, hiddenChannels, outChannels];
  return [
    `${order} ${widths.join('→')}`,
    `${kernelSize[0]}×${kernelSize[1]} ${groupWidth === 1 ? 'depthwise' : `group width ${groupWidth}`}${after(spec.spatialActivation)}`,
    ...(stride === 1 ? [] : [`stride ${stride}`]),
    ...describePadding(spec.padding),
    ...(layerNormEpsilon === null ? [] : [`LayerNorm ε ${shortNumber(layerNormEpsilon)}`]),
    ...(order === 'separable' ? [] : [spec.hiddenActivation]),
    ...describeGlobal(spec),
    ...describeEnd(spec),
  ].join(', ');
}

function describeEnd({residual, outputActivation}: BlockSpec): string[] {
  if (residual) return [`+ x${after(outputActivation)}`];
  return outputActivation === 'linear' ? [] : [`then ${outputActivation}`];
}

function after(activation: Activation): string {
  return activation === 'linear' ? '' : ` ${activation}`;
}

function describeGlobal({squeezeExcite, responseNorm}: BlockSpec): string[] {
  if (responseNorm !== null) {
    const {epsilon, normEpsilon} = responseNorm;
    const inner = normEpsilon === 0 ? '' : `, ${shortNumber(normEpsilon)} in the norm`;
    return [`response norm ε ${shortNumber(epsilon)}${inner}`];
  }
  if (squeezeExcite === null) return [];
  const {channels, activation, gate, beforeActivation} = squeezeExcite;
  const place = beforeActivation ? ' before the activation' : '';
  return [`squeeze-and-excite ${channels}${after(activation)} ${gate}${place}`];
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
