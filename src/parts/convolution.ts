/** Convs: 1×1 ones as a matrix, and k×k ones that keep their channel count, with the zeros that a Pad puts around them. */
import {intsAttr, stringAttr} from '../graph/attrs.ts';
import type {Graph, GraphNode, Value} from '../graph/graph.ts';
import type {Constant} from '../graph/weights.ts';
import type {PartsContext} from './context.ts';
import {fusedParts} from './fusedOps.ts';
import {
  isRefusal,
  type Kernel,
  kernelOf,
  type Lifted,
  type Part,
  type Refusal,
  refuse,
  type SpatialPadding,
  type Step,
} from './parts.ts';

/** Lifts Conv2D and _FusedConv2D: a matrix for every pixel, or a conv in groups. */
export function liftConv2D(node: GraphNode, context: PartsContext): Lifted {
  const filter = filterOf(node, context.graph);
  if (isRefusal(filter)) return filter;
  const [height, width, depth, outputs] = filter.sizes;
  const channels = context.shapes.shape(node.inputs[0]!)?.at(-1);
  const isKnown = typeof channels === 'number';
  // Of a 1×1 conv in groups the channels would have to be known: tfjs runs it as it is only where there is one group.
  if (height === 1 && width === 1 && (depth === channels || !isKnown))
    return pointwiseConv(node, filter, context.graph);
  if (!isKnown) return refuse(node, `a ${height}×${width} conv of an unknown number of channels`);
  if (channels !== outputs)
    return refuse(
      node,
      depth === channels
        ? denseConv([height, width])
        : `a ${height}×${width} conv in groups from ${channels} to ${outputs} channels, not a depthwise conv`,
    );
  const fused = fusedParts(node, context.graph, channels);
  if (isRefusal(fused)) return fused;
  return spatialConv({node, source: node.inputs[0]!, filter, groupWidth: depth, channels, fused}, context.graph);
}

/** What is said of a conv that is not in groups. */
export function denseConv(kernelSize: readonly number[]): string {
  return `a dense ${kernelSize.join('×')} conv, not a depthwise conv`;
}

/** Lifts DepthwiseConv2dNative and FusedDepthwiseConv2dNative. */
export function liftDepthwise(node: GraphNode, {graph}: PartsContext): Lifted {
  const filter = filterOf(node, graph);
  if (isRefusal(filter)) return filter;
  const [, , channels, multiplier] = filter.sizes;
  if (multiplier !== 1) return refuse(node, `a depthwise conv with depth multiplier ${multiplier}`);
  const fused = fusedParts(node, graph, channels);
  if (isRefusal(fused)) return fused;
  return spatialConv({node, source: node.inputs[0]!, filter, groupWidth: 1, channels, fused}, graph);
}

interface Filter {
  readonly kernel: Kernel;
  /** As the op wants them: height, width, two kinds of channels. */
  readonly sizes: readonly [number, number, number, number];
}

/** Returns the filter of a conv in NHWC, or why the conv is no part. */
export function filterOf(node: GraphNode, graph: Graph): Filter | Refusal {
  const format = stringAttr(node.def, 'data_format');
  if (format !== '' && format !== 'NHWC') return refuse(node, `a conv in ${format}: blocks are fused in NHWC alone`);
  const constant = node.inputs[1] ? graph.constant(node.inputs[1]) : null;
  return constant === null ? refuse(node, 'a conv whose filter is not constant') : asFilter(node, constant);
}

function asFilter(node: GraphNode, constant: Constant): Filter | Refusal {
  const {shape, dtype} = constant;
  const [height, width, depth, last, ...more] = shape;
  if (last === undefined || more.length > 0 || dtype !== 'float32')
    return refuse(node, `a filter of shape [${shape.join(', ')}]`);
  return {kernel: kernelOf(constant), sizes: [height!, width!, depth!, last]};
}

function pointwiseConv(node: GraphNode, filter: Filter, graph: Graph): Lifted {
  const [, , inputs, outputs] = filter.sizes;
  const strides = intsAttr(node.def, 'strides');
  const pads = intsAttr(node.def, 'explicit_paddings');
  if (strides.some((s) => s !== 1)) return refuse(node, `a 1×1 conv of stride ${strides.slice(1, 3).join('×')}`);
  if (pads.some((p) => p !== 0)) return refuse(node, 'a 1×1 conv with padding');
  const fused = fusedParts(node, graph, outputs);
  if (isRefusal(fused)) return fused;
  return {
    parts: [{kind: 'pointwise', matrix: filter.kernel, inputs, outputs}, ...fused],
    input: node.inputs[0]!,
    nodes: [node],
  };
}

interface ConvInChannels {
  /** What the strides, dilations and padding are read from. */
  readonly node: GraphNode;
  readonly source: Value;
  readonly filter: Filter;
  readonly groupWidth: number;
  readonly channels: number;
  /** The parts that follow in the same node. */
  readonly fused: readonly Part[];
}

/** Returns a conv that keeps its channels, a Pad before it taken in. */
export function spatialConv(conv: ConvInChannels, graph: Graph): Step {
  const {node, filter, groupWidth, channels, fused} = conv;
  const [height, width] = filter.sizes;
  const [, down = 1, across = 1] = intsAttr(node.def, 'strides');
  const [, rows = 1, columns = 1] = intsAttr(node.def, 'dilations');
  const {padding, input, nodes} = paddingOf(conv, graph);
  return {
    parts: [
      {
        kind: 'spatial',
        filter: filter.kernel,
        channels,
        groupWidth,
        kernelSize: [height, width],
        strides: [down, across],
        dilations: [rows, columns],
        padding,
      },
      ...fused,
    ],
    input,
    nodes: [...nodes, node],
  };
}

type Sides = Exclude<SpatialPadding, string>;

/** The conv's padding, that of a zero Pad before it taken in. */
function paddingOf(
  {node, source}: {node: GraphNode; source: Value},
  graph: Graph,
): {padding: SpatialPadding; input: Value; nodes: readonly GraphNode[]} {
  const name = stringAttr(node.def, 'padding');
  if (name === 'SAME') return {padding: 'same', input: source, nodes: []};
  const own = sidesOf(name === 'EXPLICIT' ? intsAttr(node.def, 'explicit_paddings') : []);
  const pads = zeroPads(source.node, graph);
  if (pads === null) return {padding: named(own), input: source, nodes: []};
  const before = sidesOf(pads);
  const sum: Sides = {
    top: own.top + before.top,
    right: own.right + before.right,
    bottom: own.bottom + before.bottom,
    left: own.left + before.left,
  };
  return {padding: named(sum), input: source.node.inputs[0]!, nodes: [source.node]};
}

/** From before and after for each of the four axes. */
function sidesOf([, , top = 0, bottom = 0, left = 0, right = 0]: readonly number[]): Sides {
  return {top, right, bottom, left};
}

function named(sides: Sides): SpatialPadding {
  return Object.values(sides).every((pixels) => pixels === 0) ? 'valid' : sides;
}

/** The paddings of a Pad that puts zeros around the image alone; null for any other node. */
export function zeroPads(node: GraphNode, graph: Graph): readonly number[] | null {
  const [, paddings, fill] = node.inputs;
  if ((node.op !== 'Pad' && node.op !== 'PadV2') || paddings === undefined) return null;
  if (fill !== undefined && graph.constant(fill)?.data[0] !== 0) return null;
  const pads = graph.constant(paddings)?.data;
  if (pads?.length !== 8 || pads.some((pixels) => pixels < 0)) return null;
  return [pads[0], pads[1], pads[6], pads[7]].every((pixels) => pixels === 0) ? Array.from(pads) : null;
}
