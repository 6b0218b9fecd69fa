/**
 * Convs and matrix products, with what TensorFlow fused into them: read once here, and spelled so that stock tfjs runs them.
 * A grouped conv becomes a depthwise one where a group takes one channel, else one conv a group; a bias that is no vector,
 * and an activation that tfjs cannot fuse, come out.
 */
import {elements} from '../../../ops/shape.ts';
import {boolAttr, floatAttr, stringAttr, stringValue} from '../../graph/attrs.ts';
import {type GraphNode, inputName, type Value} from '../../graph/graph.ts';
import {type AttrValue} from '../../graph/graphDef.ts';
import {fusedOpsOf} from '../../parts/fusedOps.ts';
import type {Draft} from '../edits.ts';
import {FLOAT, isFusable, isKnown, spellActivation} from './activation.ts';
import {reshaped, sliceLastAxis, type StoredConstant, transposed, weightBehind} from './constants.ts';
import {arePreluSlopes} from './prelu.ts';
import type {Context, Rule} from './rule.ts';

const CHANNELS = 3;

/** The names of an op without and with what is fused into it. */
interface Form {
  readonly plain: string;
  readonly fused: string;
}

const CONV: Form = {plain: 'Conv2D', fused: '_FusedConv2D'};
const DEPTHWISE: Form = {plain: 'DepthwiseConv2dNative', fused: 'FusedDepthwiseConv2dNative'};
const MATMUL: Form = {plain: 'MatMul', fused: '_FusedMatMul'};
const FORMS = [CONV, DEPTHWISE, MATMUL];

/** The convs' ops. */
export const CONV_OPS: readonly string[] = [CONV, DEPTHWISE].flatMap(({plain, fused}) => [plain, fused]);

/** A conv or matrix product as it is meant. */
interface FusedOp {
  readonly node: GraphNode;
  readonly form: Form;
  readonly x: Value;
  readonly filter: Value;
  readonly filterShape: readonly number[];
  /** Channels that come out. */
  readonly outputs: number;
  /** More than one where the filter takes fewer channels than come in. */
  readonly groups: number;
  readonly bias: Value | undefined;
  /** Of a PRelu. */
  readonly slopes: Value | undefined;
  /** Lower case; '' for none. */
  readonly activation: string;
  /** Whether tfjs computes it right where it is fused. */
  readonly isFusable: boolean;
  /** Of a matrix product. */
  readonly isTransposed: {readonly x: boolean; readonly filter: boolean};
}

/** Spells convs and matrix products that stock tfjs refuses or reads wrongly. */
export const legalizeFusedOp: Rule = (node, context, draft) => {
  const op = readFusedOp(node, context);
  if (op === null) return null;
  const refused = refusedOf(op, context);
  const wrong = wrongOf(op);
  const fault = [...refused, ...wrong].join(', ');
  if (fault === '' || !spell(op, context, draft)) return null;
  return wrong.length === 0 ? fault : {wrong: fault};
};

function readFusedOp(node: GraphNode, {sizes}: Context): FusedOp | null {
  const form = FORMS.find(({plain, fused}) => node.op === plain || node.op === fused);
  const [x, filter, ...args] = node.inputs;
  const filterShape = filter && sizes(filter);
  if (form === undefined || x === undefined || !filterShape || filterShape.includes(-1)) return null;
  const fused = node.op === form.fused ? fusedOpsOf(node).map((name) => name.toLowerCase()) : [];
  const hasBias = fused[0] === 'biasadd';
  const [activation = '', ...more] = hasBias ? fused.slice(1) : fused;
  // The converter leaves no batch norm inside a conv, and tfjs refuses it.
  if (more.length > 0 || activation === 'fusedbatchnorm') return null;
  const [bias, slopes] = hasBias ? args : [undefined, args[0]];
  const outputs = outputsOf(node, form, filterShape);
  const groups = form === CONV ? groupsOf(node, filterShape, sizes(x)?.[CHANNELS] ?? -1) : 1;
  const isDepthwise = form === DEPTHWISE || isSpelledDepthwise({groups, filterShape});
  const hasPlainSlopes = slopes === undefined || arePreluSlopes(sizes(slopes), [outputs]);
  return {
    ...{node, form, x, filter, filterShape, outputs, groups, bias, slopes, activation},
    isFusable: isFusable(activation, {isDepthwise}) && (activation !== 'prelu' || hasPlainSlopes),
    isTransposed: {
      x: form === MATMUL && boolAttr(node.def, 'transpose_a', false),
      filter: form === MATMUL && boolAttr(node.def, 'transpose_b', false),
    },
  };
}

/** Whether a conv in groups becomes a depthwise one. */
function isSpelledDepthwise({groups, filterShape}: Pick<FusedOp, 'groups' | 'filterShape'>): boolean {
  return groups > 1 && filterShape[2] === 1;
}

function outputsOf(node: GraphNode, form: Form, filterShape: readonly number[]): number {
  if (form === DEPTHWISE) return filterShape[2]! * filterShape[3]!;
  return filterShape.at(form === MATMUL && boolAttr(node.def, 'transpose_b', false) ? -2 : -1)!;
}

function groupsOf(node: GraphNode, filterShape: readonly number[], channels: number): number {
  const [, , width, outputs] = filterShape as [number, number, number, number];
  const isGrouped = stringAttr(node.def, 'data_format') !== 'NCHW' && channels > width && channels % width === 0;
  return isGrouped && outputs % (channels / width) === 0 ? channels / width : 1;
}

/** What stock tfjs refuses, on one backend at least. */
function refusedOf(op: FusedOp, {sizes}: Context): string[] {
  const {groups, bias, activation} = op;
  const biasShape = (bias && sizes(bias)) ?? [op.outputs];
  return [
    ...(groups > 1 ? [`${groups} groups`] : []),
    ...(isVector(biasShape, op) ? [] : [`a bias of shape [${biasShape.join()}]`]),
    ...(bias === undefined || isKnown(activation) ? [] : [`${activation} fused`]),
  ];
}

/** What stock tfjs computes wrongly without an error. */
function wrongOf({bias, activation, isTransposed, isFusable}: FusedOp): string[] {
  // It looks for an activation only behind a BiasAdd, and passes it over elsewhere.
  const isSeen = bias !== undefined && (isFusable || !isKnown(activation));
  return [
    ...(activation === '' || isSeen ? [] : [`${activation} fused`]),
    // On wasm: it adds the bias to one row alone, and once for each 48 of what is summed up.
    ...(bias !== undefined && (isTransposed.x || isTransposed.filter) ? ['a bias on a transposed product'] : []),
  ];
}

function isVector(shape: readonly number[], {outputs}: FusedOp): boolean {
  return shape.length === 1 && shape[0] === outputs;
}

/** Adds the nodes; says whether there is a spelling. */
function spell(op: FusedOp, context: Context, draft: Draft): boolean {
  const {bias, activation} = op;
  if (isReadTransposed(op, context)) return spellTransposed(op, draft);
  const count = op.filterShape[2]! > 1 ? op.groups : 1;
  const xs = count > 1 ? splitAtRunTime(op.x, count, draft) : [inputName(op.x)];
  const filters = spellFilters(op, count, {context, draft});
  const biases = spellBiases(op, count, {context, draft});
  const canFuse = biases !== null && op.isFusable && !(count > 1 && activation === 'prelu');
  const fused = canFuse ? activation : '';

  const parts = xs.map((x, i) => addOp(op, {inputs: [x, filters[i]!], bias: biases?.[i], fused}, draft));
  let y = count > 1 ? draft.add('ConcatV2', [...parts, draft.ints('axis', CHANNELS)], many(count)) : parts[0]!;
  if (bias !== undefined && biases === null) y = draft.add('AddV2', [y, inputName(bias)], FLOAT);
  return activation === fused || spellAfter(op, y, draft);
}

/** Adds the activation as nodes of its own. */
function spellAfter({node, activation, slopes}: FusedOp, x: string, draft: Draft): boolean {
  const leakyAlpha = floatAttr(node.def, 'leakyrelu_alpha', 0.2);
  return spellActivation(draft, {x, activation, slopes: slopes && inputName(slopes), leakyAlpha});
}

/** Whether an operand of a matrix product is read transposed which cannot be turned now. */
function isReadTransposed({isTransposed, filter}: FusedOp, {graph}: Context): boolean {
  return isTransposed.x || (isTransposed.filter && weightBehind(filter, graph) === null);
}

/** A product of transposed operands as stock wasm computes it right: with nothing fused. */
function spellTransposed(op: FusedOp, draft: Draft): boolean {
  const {node, x, filter, bias, activation} = op;
  const product = draft.add('MatMul', [inputName(x), inputName(filter)], withoutFused(node.def.attr));
  const y = bias === undefined ? product : draft.add('AddV2', [product, inputName(bias)], FLOAT);
  return activation === '' || spellAfter(op, y, draft);
}

interface Making {
  readonly context: Context;
  readonly draft: Draft;
}

/** The filter of each part: cut now where it is constant, so that a backend packs each part once. */
function spellFilters(op: FusedOp, count: number, {context, draft}: Making): string[] {
  const {filter, filterShape, groups, isTransposed} = op;
  const stored = weightBehind(filter, context.graph);
  if (isTransposed.filter) return addWeights('matrix', [transposed(stored!, [1, 0])], draft);
  if (count > 1)
    return stored === null
      ? splitAtRunTime(filter, count, draft)
      : addWeights('filter', sliceLastAxis(stored, count), draft);
  if (groups === 1) return [inputName(filter)];
  // One channel a group: [kh, kw, 1, C·m] and [kh, kw, C, m] are the same numbers in the same order.
  const depthwise = [filterShape[0]!, filterShape[1]!, groups, op.outputs / groups];
  if (stored !== null) return addWeights('filter', [reshaped(stored, depthwise)], draft);
  return [draft.add('Reshape', [inputName(filter), draft.ints('filter_shape', depthwise)], FLOAT)];
}

/** The bias of each part, as a vector; null where there is none, or where it must be added on its own. */
function spellBiases(op: FusedOp, count: number, {context, draft}: Making): string[] | null {
  const {bias, outputs} = op;
  if (bias === undefined) return null;
  if (count === 1 && isVector(context.sizes(bias) ?? [outputs], op)) return [inputName(bias)];
  const stored = weightBehind(bias, context.graph);
  if (stored === null || elements(stored.spec.shape) !== outputs || stored.spec.shape.at(-1) !== outputs) return null;
  return addWeights('bias', sliceLastAxis(reshaped(stored, [outputs]), count), draft);
}

function addWeights(label: string, weights: readonly StoredConstant[], draft: Draft): string[] {
  return weights.map(({spec, bytes}) => draft.weight(label, spec, bytes));
}

function splitAtRunTime(value: Value, count: number, draft: Draft): string[] {
  const attr = {...FLOAT, num_split: {i: String(count)}};
  const split = draft.add('Split', [draft.ints('axis', CHANNELS), inputName(value)], attr);
  return Array.from({length: count}, (_, i) => (i === 0 ? split : `${split}:${i}`));
}

interface Part {
  /** x and filter. */
  readonly inputs: readonly string[];
  readonly bias: string | undefined;
  /** The activation that stays fused; '' for none. */
  readonly fused: string;
}

function addOp(op: FusedOp, {inputs, bias, fused}: Part, draft: Draft): string {
  const form = isSpelledDepthwise(op) ? DEPTHWISE : op.form;
  const own = op.isTransposed.filter ? {...op.node.def.attr, transpose_b: {b: false}} : op.node.def.attr;
  if (bias === undefined) return draft.add(form.plain, inputs, withoutFused(own));
  const args = fused === 'prelu' ? [bias, inputName(op.slopes!)] : [bias];
  const names = fusedOpsOf(op.node).slice(0, fused === '' ? 1 : 2);
  return draft.add(form.fused, [...inputs, ...args], {
    ...own,
    fused_ops: {list: {s: names.map((name) => stringValue(name).s!)}},
    num_args: {i: String(args.length)},
  });
}

const FUSED_ATTRS: readonly string[] = [
  'fused_ops',
  'num_args',
  'num_host_args',
  'TArgs',
  'epsilon',
  'leakyrelu_alpha',
];

function withoutFused(attr: Readonly<Record<string, AttrValue>> = {}): Readonly<Record<string, AttrValue>> {
  return Object.fromEntries(Object.entries(attr).filter(([name]) => !FUSED_ATTRS.includes(name)));
}

function many(count: number): Readonly<Record<string, AttrValue>> {
  return {...FLOAT, N: {i: String(count)}};
}
