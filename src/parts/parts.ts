/** The parts that blocks are made of: what a stretch of the graph computes, whatever ops spell it. */
import type {Activation, ResponseNorm, SqueezeExcite} from '../../ops/block.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import type {Constant, WeightStorage} from '../graph/weights.ts';
import type {PerChannel} from './algebra.ts';
import type {Approximation} from './approximation.ts';

/** The numbers of a filter or matrix, row-major, decoded when they are asked for: most of what is looked at ends in no block. */
export interface Kernel {
  /** How the model stored them. */
  readonly stored: WeightStorage;
  /** All in one array. */
  data(): Float32Array;
  /** As they lie in the model's shards, one array a shard. */
  pieces(): readonly Float32Array[];
}

/** Returns a constant of floats as a kernel. */
export function kernelOf(constant: Constant): Kernel {
  const {stored} = constant;
  return {
    stored,
    data: () => constant.data as Float32Array,
    pieces: () => constant.pieces() as Float32Array[],
  };
}

/** Returns a kernel whose numbers are made when they are asked for. */
export function madeKernel(stored: WeightStorage, data: () => Float32Array): Kernel {
  return {stored, data, pieces: () => [data()]};
}

export type SpatialPadding =
  'same' | 'valid' | {readonly top: number; readonly right: number; readonly bottom: number; readonly left: number};

/** A k×k conv that keeps its channel count: depthwise, or grouped with as many outputs as inputs a group. */
export interface SpatialConv {
  readonly kind: 'spatial';
  /** Shapes: `[kh, kw, groupWidth, channels]`. */
  readonly filter: Kernel;
  readonly channels: number;
  readonly groupWidth: number;
  readonly kernelSize: readonly [number, number];
  /** Rows, columns. */
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: SpatialPadding;
}

/** A matrix applied to the channels of every pixel. */
export interface Pointwise {
  readonly kind: 'pointwise';
  /** Shapes: `[inputs, outputs]`. */
  readonly matrix: Kernel;
  readonly inputs: number;
  readonly outputs: number;
}

/** `scale · x + shift`. */
export interface Affine {
  readonly kind: 'affine';
  readonly scale: PerChannel;
  readonly shift: PerChannel;
}

/** `(x − mean) / sqrt(variance + epsilon)`, over channels, without scale and shift. */
export interface LayerNorm {
  readonly kind: 'layer-norm';
  readonly epsilon: number;
  /** Where the model's own constants cannot be kept. */
  readonly approximation?: Approximation;
}

export interface ActivationPart {
  readonly kind: 'activation';
  readonly activation: Activation;
  /** Of a PReLU. */
  readonly slopes?: PerChannel;
  /** Where the model's own constants cannot be kept. */
  readonly approximation?: Approximation;
}

/** A matrix with what stands before and after it. */
export interface FoldedPointwise {
  readonly part: Pointwise;
  readonly before: Affine;
  readonly after: Affine;
}

/** `x · gate(expand(activation(reduce(mean(x)))))`, the mean over height and width. */
export interface SqueezeExcitePart {
  readonly kind: 'squeeze-excite';
  readonly reduce: FoldedPointwise;
  readonly activation: ActivationPart | null;
  readonly expand: FoldedPointwise;
  readonly gate: SqueezeExcite['gate'];
  /** Where the gate's own constants cannot be kept. */
  readonly approximation?: Approximation;
}

/** `x + x · scale · n / (mean(n) + epsilon)`, n being `√(Σ x² + normEpsilon)` over height and width. */
export interface ResponseNormPart extends ResponseNorm {
  readonly kind: 'response-norm';
  readonly scale: PerChannel;
}

/** Another shape for the same rows of channels: it moves no number. */
export interface View {
  readonly kind: 'view';
}

/** A layer that networks have in their blocks and a fused block does not; a miss names it. */
export interface UnfusedLayer {
  readonly kind: 'unfused';
  /** In words that stand alone. */
  readonly name: string;
}

export type Part =
  | SpatialConv
  | Pointwise
  | Affine
  | LayerNorm
  | ActivationPart
  | SqueezeExcitePart
  | ResponseNormPart
  | View
  | UnfusedLayer;

/** How a value comes from an earlier one: by these parts, first to last, which these nodes compute. */
export interface Step {
  readonly parts: readonly Part[];
  readonly input: Value;
  /** Nodes that hold numbers of the image, the last one among them. */
  readonly nodes: readonly GraphNode[];
}

/** Why a value is no part. */
export interface Refusal {
  readonly at: string;
  readonly reason: string;
}

export type Lifted = Step | Refusal;

export function isRefusal(result: object): result is Refusal {
  return 'reason' in result;
}

export function refuse(node: GraphNode, reason: string): Refusal {
  return {at: node.name, reason};
}
