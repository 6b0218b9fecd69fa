/**
 * Batch norms in training mode. TensorFlow normalizes by the statistics of the data; tfjs by the means and variances that the node
 * is given, which are empty or those of the training: NaN or wrong numbers, without an error. Keras 2 writes LayerNormalization so.
 */
import {isReadFurther} from '../../blocks/outside.ts';
import {boolAttr, floatAttr, stringAttr} from '../../graph/attrs.ts';
import {type GraphNode, inputName, type Value} from '../../graph/graph.ts';
import {BATCH_NORMS, isFilledWith, liftBatchNormLayerNorm} from '../../parts/batchNormLayerNorm.ts';
import type {Draft} from '../edits.ts';
import {FLOAT} from './activation.ts';
import type {Context, Fault, Rule} from './rule.ts';

/** TensorFlow's, where the node has none. tfjs takes another. */
const DEFAULT_EPSILON = 1e-4;
const SPATIAL_AXES = {NHWC: [0, 1, 2], NCHW: [0, 2, 3]};

/** Spells a LayerNorm over the last axis, between the Reshapes of Keras 2, without them. */
export const legalizeBatchNormLayerNorm: Rule = (node, context, draft) => {
  const step = node.op === 'Reshape' ? liftBatchNormLayerNorm(node, context) : null;
  const [norm] = step?.parts ?? [];
  if (step === null || norm?.kind !== 'layer-norm') return null;
  if (step.nodes.some(({name}) => context.exclude.includes(name))) return null;
  normalize({x: inputName(step.input), axes: [-1], epsilon: norm.epsilon}, draft);
  return {wrong: 'LayerNorm as a batch norm in training mode'};
};

/** Spells a batch norm by the statistics of the data, or says the epsilon that it leaves out. */
export const legalizeBatchNorm: Rule = (node, context, draft) => {
  const [x, scale, offset] = node.inputs;
  if (!BATCH_NORMS.has(node.op) || !x || !scale || !offset) return null;
  if (!boolAttr(node.def, 'is_training', true)) return stateEpsilon(node, draft);
  if (isReadFurther(node, context.graph) || isLayerNorm(node, context)) return null;
  const format = stringAttr(node.def, 'data_format') === 'NCHW' ? 'NCHW' : 'NHWC';
  const epsilon = floatAttr(node.def, 'epsilon', DEFAULT_EPSILON);
  const ofChannels = (value: Value, neutral: number): string | null => {
    if (isFilledWith(neutral, value, context.graph)) return null;
    if (format === 'NHWC') return inputName(value);
    const shape = draft.ints('channels', [-1, 1, 1]);
    return draft.add('Reshape', [inputName(value), shape], {...FLOAT, Tshape: {type: 'DT_INT32'}});
  };
  const affine = {scale: ofChannels(scale, 1), offset: ofChannels(offset, 0)};
  normalize({x: inputName(x), axes: SPATIAL_AXES[format], epsilon, ...affine}, draft);
  return {wrong: 'training mode'};
};

function stateEpsilon({op, def, inputs}: GraphNode, draft: Draft): Fault | null {
  if (def.attr?.['epsilon'] !== undefined) return null;
  draft.add(op, inputs.map(inputName), {...def.attr, epsilon: {f: DEFAULT_EPSILON}});
  return {wrong: 'no epsilon'};
}

/** Whether the other rule spells all that reads the node, so that nobody reads it any more. */
function isLayerNorm(node: GraphNode, context: Context): boolean {
  const {graph, exclude} = context;
  const readers = graph.readersOf(node);
  const isSpelled = (reader: GraphNode): boolean =>
    reader.op === 'Reshape' && !exclude.includes(reader.name) && liftBatchNormLayerNorm(reader, context) !== null;
  return readers.length > 0 && !graph.isOutput(node) && readers.every(isSpelled);
}

interface Normalization {
  /** An input name, as scale and offset are. */
  readonly x: string;
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly scale?: string | null;
  readonly offset?: string | null;
}

/** Adds `(x − mean) · rsqrt(variance + epsilon) · scale + offset`. */
function normalize({x, axes, epsilon, scale = null, offset = null}: Normalization, draft: Draft): void {
  const over = draft.ints('axes', axes);
  const mean = (value: string): string =>
    draft.add('Mean', [value, over], {...FLOAT, Tidx: {type: 'DT_INT32'}, keep_dims: {b: true}});
  const deviation = draft.add('Sub', [x, mean(x)], FLOAT);
  const variance = mean(draft.add('Square', [deviation], FLOAT));
  const spread = draft.add('AddV2', [variance, draft.float('epsilon', epsilon)], FLOAT);
  const inverse = draft.add('Rsqrt', [spread], FLOAT);
  const factor = scale === null ? inverse : draft.add('Mul', [inverse, scale], FLOAT);
  const scaled = draft.add('Mul', [deviation, factor], FLOAT);
  if (offset !== null) draft.add('AddV2', [scaled, offset], FLOAT);
}
