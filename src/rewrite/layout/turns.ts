/**
 * What of a node changes when its image comes in NHWC in place of NCHW: the order of attrs and axes, and of constants that are
 * broadcast. An op that is not listed here stays in NCHW, between Transposes.
 */
import {boolAttr, intsAttr, stringAttr, stringValue} from '../../graph/attrs.ts';
import {type Graph, type GraphNode, type Value} from '../../graph/graph.ts';
import type {AttrValue} from '../../graph/graphDef.ts';
import type {Shapes} from '../../graph/shapes.ts';
import {BATCH_NORMS} from '../../parts/batchNormLayerNorm.ts';
import {reshaped, type StoredConstant, transposed, weightBehind} from '../legalize/constants.ts';

/** Axis i of the result is axis `order[i]`. */
export const TO_NHWC: readonly number[] = [0, 2, 3, 1];
export const TO_NCHW: readonly number[] = [0, 3, 1, 2];

/** How a node is written for images in NHWC. */
export interface Turn {
  /** For each data input: an image in NHWC, a constant in its place, or what it reads already. */
  readonly inputs: readonly ('image' | 'same' | StoredConstant)[];
  /** Those that change. */
  readonly attr: Readonly<Record<string, AttrValue>>;
  /** Whether its output is an image, which is turned, too; else it is what it was. */
  readonly isImage: boolean;
  /** Whether tfjs does not compute it right in NCHW. */
  readonly isForced: boolean;
}

interface Surroundings {
  readonly graph: Graph;
  readonly shapes: Shapes;
}

/** Null where an op cannot be turned as it is used here. */
type TurnRule = (node: GraphNode, of: Surroundings) => Omit<Turn, 'isForced'> | null;

const UNARY =
  'Identity StopGradient Snapshot PreventGradient Neg Abs Square Sqrt Rsqrt Exp Log Erf Erfc Reciprocal Inv Relu Relu6 Elu Selu ' +
  'LeakyRelu Sigmoid Tanh Softplus Floor Ceil Round Sign ClipByValue';
const BROADCASTING = 'Add AddV2 AddN Sub Mul RealDiv Div Maximum Minimum Pow SquaredDifference Prelu';

const isImage = (value: Value, {shapes}: Surroundings): boolean => shapes.shape(value)?.length === 4;

/** All operands are images or constants. */
const elementwise: TurnRule = (node, of) => {
  const inputs = node.inputs.map((value) => operandOf(value, of));
  return inputs.includes(null) ? null : {inputs: inputs as Turn['inputs'], attr: {}, isImage: true};
};

function operandOf(value: Value, of: Surroundings): 'image' | 'same' | StoredConstant | null {
  const stored = weightBehind(value, of.graph);
  if (stored !== null) return turnedConstant(stored);
  return isImage(value, of) ? 'image' : null;
}

/** A constant that is broadcast onto an image; null for one of more axes. */
function turnedConstant(stored: StoredConstant): 'same' | StoredConstant | null {
  const {shape} = stored.spec;
  if (shape.every((size) => size === 1)) return 'same';
  if (shape.length > 4) return null;
  const padded = [...Array.from({length: 4 - shape.length}, () => 1), ...shape];
  return transposed(reshaped(stored, padded), TO_NHWC);
}

/** The image is the first input, and the others are of channels or taps. */
const ofFormat: TurnRule = ({def, inputs}) => {
  if (stringAttr(def, 'data_format') !== 'NCHW') return null;
  const lists = ['strides', 'dilations', 'ksize'].flatMap((name) => {
    const list = intsAttr(def, name);
    return list.length === 4 ? [[name, intList(TO_NHWC.map((axis) => list[axis]!))] as const] : [];
  });
  const pads = intsAttr(def, 'explicit_paddings');
  const turnedPads = intList(TO_NHWC.flatMap((axis) => [pads[2 * axis]!, pads[2 * axis + 1]!]));
  return {
    inputs: inputs.map((_, i) => (i === 0 ? 'image' : 'same')),
    attr: {
      ...Object.fromEntries(lists),
      ...(pads.length === 8 ? {explicit_paddings: turnedPads} : {}),
      data_format: stringValue('NHWC'),
    },
    isImage: true,
  };
};

/** A conv, whose fused slopes, behind its bias, are broadcast like a constant. */
const conv: TurnRule = (node, of) => {
  const turn = ofFormat(node, of);
  if (turn === null) return null;
  const inputs = turn.inputs.map((input, i) => (i < 3 ? input : slopesOf(node.inputs[i]!, of)));
  return inputs.includes(null) ? null : {...turn, inputs: inputs as Turn['inputs']};
};

/** In at most three axes, as a conv takes them. */
function slopesOf(value: Value, of: Surroundings): 'same' | StoredConstant | null {
  const operand = operandOf(value, of);
  if (operand === null || operand === 'image' || operand === 'same') return operand === 'same' ? operand : null;
  const [images, ...shape] = operand.spec.shape;
  return images === 1 ? reshaped(operand, shape) : null;
}

const batchNorm: TurnRule = (node, of) => (boolAttr(node.def, 'is_training', true) ? null : ofFormat(node, of));

/** Over constant axes. Without `keep_dims` the axes that are left must stand in the same order in both formats. */
const reduction: TurnRule = ({def, inputs}, {graph}) => {
  const axes = constantAxes(inputs[1], graph);
  if (axes === null) return null;
  const turned = axes.map((axis) => TO_NHWC.indexOf(axis));
  const keeps = boolAttr(def, 'keep_dims', boolAttr(def, 'keepDims', false));
  const left = TO_NHWC.filter((axis) => !axes.includes(axis));
  if (!keeps && left.some((axis, i) => i > 0 && axis < left[i - 1]!)) return null;
  return {inputs: ['image', intConstant(turned, [turned.length])], attr: {}, isImage: keeps};
};

const concat: TurnRule = ({inputs}, of) => {
  const [axis, ...more] = constantAxes(inputs.at(-1), of.graph) ?? [];
  if (axis === undefined || more.length > 0) return null;
  const images = inputs.slice(0, -1).map((value) => (isImage(value, of) ? 'image' : null));
  if (images.includes(null)) return null;
  return {
    inputs: [...(images as 'image'[]), intConstant([TO_NHWC.indexOf(axis)], [])],
    attr: {},
    isImage: true,
  };
};

const pad: TurnRule = ({inputs}, {graph}) => {
  const pads = inputs[1] && graph.constant(inputs[1])?.data;
  if (pads?.length !== 8) return null;
  const turned = TO_NHWC.flatMap((axis) => [pads[2 * axis]!, pads[2 * axis + 1]!]);
  const rest = inputs.slice(2).map((): 'same' => 'same');
  return {inputs: ['image', intConstant(turned, [4, 2]), ...rest], attr: {}, isImage: true};
};

/** Axes of an image, from the front; null where they are not known. */
function constantAxes(value: Value | undefined, graph: Graph): number[] | null {
  const data = value && graph.constant(value)?.data;
  return data === undefined ? null : Array.from(data, (axis) => (axis < 0 ? axis + 4 : axis));
}

function intConstant(values: readonly number[], shape: number[]): StoredConstant {
  return {spec: {name: '', dtype: 'int32', shape}, bytes: new Uint8Array(Int32Array.from(values).buffer)};
}

function intList(values: readonly number[]): AttrValue {
  return {list: {i: values.map(String)}};
}

const each = (ops: string, rule: TurnRule): [string, TurnRule][] => ops.split(' ').map((op) => [op, rule]);

/** Ops that have a format, which tfjs passes over or reads in part. */
const FORMAT_RULES: Readonly<Record<string, TurnRule>> = Object.fromEntries([
  ...each('Conv2D _FusedConv2D DepthwiseConv2dNative FusedDepthwiseConv2dNative', conv),
  ...each('MaxPool AvgPool BiasAdd', ofFormat),
  ...each([...BATCH_NORMS].join(' '), batchNorm),
]);

/** Those ops. */
export const FORMAT_OPS: readonly string[] = Object.keys(FORMAT_RULES);

const OTHER_RULES: Readonly<Record<string, TurnRule>> = Object.fromEntries([
  ...each(`${UNARY} ${BROADCASTING}`, elementwise),
  ...each('Mean Sum Max Min Prod', reduction),
  ...each('ConcatV2', concat),
  ...each('Pad PadV2 MirrorPad', pad),
]);

/** Returns how a node of an image in NCHW is written in NHWC; null where it is not known how. */
export function turnOf(node: GraphNode, of: Surroundings): Turn | null {
  const format = FORMAT_RULES[node.op];
  const turn = (format ?? OTHER_RULES[node.op])?.(node, of) ?? null;
  if (turn === null || !node.inputs.every((value, i) => turn.inputs[i] !== 'image' || isImage(value, of))) return null;
  return turn.inputs.includes('image') ? {...turn, isForced: format !== undefined} : null;
}
