/** A grouped conv spelled as one conv a group: the channels split, or sliced, and put together again. */
import {intAttr} from '../graph/attrs.ts';
import type {GraphNode, Value} from '../graph/graph.ts';
import {isWhole, sliceRanges} from '../graph/slices.ts';
import {channel, type PerChannel} from './algebra.ts';
import {filterOf, spatialConv} from './convolution.ts';
import type {PartsContext} from './context.ts';
import {fusedParts} from './fusedOps.ts';
import {
  type ActivationPart,
  type Affine,
  isRefusal,
  type Lifted,
  madeKernel,
  type Part,
  type Refusal,
  refuse,
} from './parts.ts';

type Filter = Exclude<ReturnType<typeof filterOf>, Refusal>;

/** Lifts the ConcatV2 of convs that each read one group of the channels, in order. */
export function liftSplitConv(node: GraphNode, context: PartsContext): Lifted {
  const {graph, shapes} = context;
  const branches = node.inputs.slice(0, -1).map((value) => value.node);
  const groupsRead = branches.map((conv) => (isConv(conv) ? channelGroup(conv.inputs[0], context) : null));
  const [first] = branches;
  const source = groupsRead[0]?.source;
  if (first === undefined || source === undefined) return refuse(node, `${node.op} is no part of a block`);
  const axis = graph.constant(node.inputs.at(-1)!)?.data[0];
  const groups = branches.length;
  const isInOrder = groupsRead.every(
    (read, i) => read?.source === source && read.index === i && read.groups === groups,
  );
  if (!isInOrder || (axis !== 3 && axis !== -1))
    return refuse(node, 'the convs before ConcatV2 are not one for each group of channels, in order');
  if (!branches.every((conv) => settings(conv) === settings(first)))
    return refuse(node, 'the convs before ConcatV2 differ');

  const filters = branches.map((conv) => filterOf(conv, graph));
  const refused = filters.find(isRefusal);
  if (refused) return refused;
  const filter = joinFilters(filters as Filter[]);
  const [, , groupWidth, channels] = filter?.sizes ?? [];
  if (filter === null || groupWidth === undefined || channels !== groupWidth * groups)
    return refuse(node, 'a group has more or fewer outputs than inputs');
  if (shapes.shape(source)?.at(-1) !== channels)
    return refuse(node, 'the convs before ConcatV2 do not keep the number of channels');
  const fused = joinParts(
    branches.map((conv) => fusedParts(conv, graph, groupWidth)),
    groupWidth,
  );
  if (isRefusal(fused)) return fused;
  const splits = new Set(branches.map((conv) => conv.inputs[0]!.node));
  const {parts, input, nodes} = spatialConv({node: first, source, filter, groupWidth, channels, fused}, graph);
  return {parts, input, nodes: [...nodes, ...splits, ...branches.slice(1), node]};
}

interface ChannelGroup {
  readonly source: Value;
  readonly index: number;
  /** Of the same width, in all. */
  readonly groups: number;
}

/** Which group of the channels of an image a value is; null where it is none. */
function channelGroup(value: Value | undefined, {graph, shapes}: PartsContext): ChannelGroup | null {
  if (value === undefined) return null;
  const {node, port} = value;
  const [first, second] = node.inputs;
  if (node.op === 'Split') {
    const axis = first && graph.constant(first)?.data[0];
    const isLast = axis === 3 || axis === -1;
    return isLast && second ? {source: second, index: port, groups: intAttr(node.def, 'num_split', 0)} : null;
  }
  if ((node.op !== 'Slice' && node.op !== 'StridedSlice') || first === undefined) return null;
  const source = first;
  const shape = shapes.shape(source);
  const ranges = shape && sliceRanges(node, shape, graph);
  const channels = shape?.[3];
  if (!ranges || typeof channels !== 'number' || !ranges.slice(0, 3).every((range, i) => isWhole(range, shape[i]!)))
    return null;
  const {from, to} = ranges[3]!;
  const width = Number(to) - from;
  return from % width === 0 && channels % width === 0 ? {source, index: from / width, groups: channels / width} : null;
}

function isConv({op}: GraphNode): boolean {
  return op === 'Conv2D' || op === '_FusedConv2D';
}

function settings({op, def}: GraphNode): string {
  const names = ['strides', 'dilations', 'padding', 'explicit_paddings', 'fused_ops'];
  return JSON.stringify([op, ...names.map((name) => def.attr?.[name])]);
}

/** `[kh, kw, g, g]` of each group, side by side: `[kh, kw, g, groups · g]`; null where their shapes differ. */
function joinFilters(filters: readonly Filter[]): Filter | null {
  const [first] = filters;
  if (!first || filters.some(({sizes}) => sizes.join() !== first.sizes.join())) return null;
  const [height, width, depth, outputs] = first.sizes;
  const rows = height * width * depth;
  const joined = (): Float32Array => {
    const data = new Float32Array(rows * outputs * filters.length);
    filters.forEach(({kernel}, group) => {
      const own = kernel.data();
      for (let row = 0; row < rows; row++)
        data.set(own.subarray(row * outputs, (row + 1) * outputs), (row * filters.length + group) * outputs);
    });
    return data;
  };
  const {kernel} = filters.find((filter) => filter.kernel.stored === 'float32') ?? first;
  return {kernel: madeKernel(kernel.stored, joined), sizes: [height, width, depth, outputs * filters.length]};
}

/** The parts that follow each group's conv, as parts of the whole: their biases side by side. */
function joinParts(groups: readonly (Part[] | Refusal)[], width: number): Part[] | Refusal {
  const refused = groups.find((parts): parts is Refusal => 'reason' in parts);
  if (refused) return refused;
  const all = groups as readonly Part[][];
  const joined = (i: number, of: (part: Part) => PerChannel): PerChannel =>
    Float64Array.from({length: width * all.length}, (_, c) => channel(of(all[Math.floor(c / width)]![i]!), c % width));
  return all[0]!.map((part, i) => {
    if (part.kind === 'affine') return {...part, shift: joined(i, (each) => (each as Affine).shift)};
    if (part.kind !== 'activation' || part.slopes === undefined) return part;
    return {...part, slopes: joined(i, (each) => (each as ActivationPart).slopes!)};
  });
}
