/**
 * What a rule is: the layers of a block in order, guards with names, and a pure function from what was matched to the op's
 * spec and weights. The engine (match.ts) owns what all rules share: affines between layers, views, sums, activations after them, readers.
 */
import type {BlockOrder, BlockSpec} from '../../ops/block.ts';
import type {FoldedBlock} from '../../ops/packParams.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import type {
  ActivationPart,
  Affine,
  LayerNorm,
  Part,
  Pointwise,
  ResponseNormPart,
  SpatialConv,
  SqueezeExcitePart,
} from '../parts/parts.ts';

/** The layers that blocks have, and the part that each one is. */
export interface LayerParts {
  spatial: SpatialConv;
  /** Before the activation. */
  earlyExcite: SqueezeExcitePart;
  spatialActivation: ActivationPart;
  excite: SqueezeExcitePart;
  norm: LayerNorm;
  expand: Pointwise;
  hidden: ActivationPart;
  responseNorm: ResponseNormPart;
  project: Pointwise;
}
export type BlockLayer = keyof LayerParts;

export interface LayerPattern {
  readonly layer: BlockLayer;
  readonly kind: Part['kind'];
  readonly isOptional: boolean;
}

export function one<L extends BlockLayer>(layer: L, kind: LayerParts[L]['kind']): LayerPattern {
  return {layer, kind, isOptional: false};
}

export function maybe<L extends BlockLayer>(layer: L, kind: LayerParts[L]['kind']): LayerPattern {
  return {layer, kind, isOptional: true};
}

/** A layer that was found, and the affine that follows it before the next one. */
export interface Captured<P> {
  readonly part: P;
  /** The node that ends the layer, and what the layer is made from. */
  readonly node: GraphNode;
  readonly input: Value;
  readonly after: Affine;
}

/** What a rule's guards and its emit see. */
export interface Block {
  readonly root: GraphNode;
  /** The block's input, and its channels. */
  readonly x: Value;
  readonly inChannels: number;
  /** The affine between x and the first layer. */
  readonly before: Affine;
  readonly spatial: Captured<SpatialConv>;
  readonly earlyExcite: Captured<SqueezeExcitePart> | null;
  readonly spatialActivation: Captured<ActivationPart> | null;
  readonly excite: Captured<SqueezeExcitePart> | null;
  readonly norm: Captured<LayerNorm> | null;
  /** Null in separable alone. */
  readonly expand: Captured<Pointwise> | null;
  readonly hidden: Captured<ActivationPart> | null;
  readonly responseNorm: Captured<ResponseNormPart> | null;
  readonly project: Captured<Pointwise>;
  readonly residual: boolean;
  /** After the sum, or after project. */
  readonly outputActivation: ActivationPart | null;
}

/** Null when it holds, else what was found. */
export type Guard = (block: Block) => string | null;

export interface EmittedBlock {
  readonly spec: BlockSpec;
  /** Folded when asked for: the weights of one block at a time are enough memory. */
  readonly weights: () => FoldedBlock;
}

export interface BlockRule {
  readonly name: BlockOrder;
  /** First to last. */
  readonly layers: readonly LayerPattern[];
  /** What the input is not made by, activations and gates aside, unless the sum with it shows where the block begins. */
  readonly notAfter?: Part['kind'];
  /** Whether it leaves the end of a larger block alone that is kept from being fused only by what reads it. */
  readonly yields?: boolean;
  readonly require: Readonly<Record<string, Guard>>;
  readonly emit: (block: Block) => EmittedBlock;
}

/** A near miss: what kept `root` from being a block of `rule`. */
export interface Miss {
  /** The order of the block that it might have been. */
  readonly rule: string;
  /** The node that would have been the last of the block. */
  readonly root: string;
  /** The node that stopped the match. */
  readonly at: string;
  /** What is there, in words. */
  readonly reason: string;
}
