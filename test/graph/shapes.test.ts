import {sizeOf} from '../../src/graph/dims.ts';
import {createGraph} from '../../src/graph/graph.ts';
import {createShapes} from '../../src/graph/shapes.ts';
import {artifactsOf, attr, floats, int, ints, type SmallGraph} from '../helpers/smallGraphs.ts';

const conv = (padding: string, stride: number): Record<string, ReturnType<typeof attr.text>> => ({
  padding: attr.text(padding),
  strides: attr.ints(1, stride, stride, 1),
});

const GRAPH: SmallGraph = {
  inputs: {x: [-1, -1, 7, 3]},
  weights: {
    filter: floats([3, 3, 3, 8]),
    depthwise: floats([5, 3, 8, 2]),
    pads: {shape: [4, 2], data: Int32Array.of(0, 0, 1, 2, 0, 1, 0, 0)},
    matrix: floats([8, 4]),
    axes: ints(1, 2),
    last: int(-1),
    zero: int(0),
    one: ints(1),
    two: ints(2),
    first: ints(0),
    free: ints(0, 1, 2),
    rows: ints(-1, 8),
    four: ints(4),
    order: ints(0, 3, 1, 2),
    begin: ints(0, 0, 1, 2),
    end: ints(0, 0, -1, 6),
    ones: ints(1, 1, 1, 1),
    times: ints(2, 1, 3, 1),
  },
  nodes: {
    same: ['Conv2D', ['x', 'filter'], conv('SAME', 1)],
    valid: ['Conv2D', ['x', 'filter'], conv('VALID', 2)],
    deep: ['DepthwiseConv2dNative', ['same', 'depthwise'], conv('SAME', 1)],
    padded: ['Pad', ['same', 'pads']],
    summed: ['AddV2', ['same', 'same']],
    pooled: ['Mean', ['same', 'axes'], {keep_dims: attr.bool(false)}],
    kept: ['Mean', ['same', 'axes'], {keep_dims: attr.bool(true)}],
    flat: ['Reshape', ['same', 'rows']],
    product: ['MatMul', ['flat', 'matrix']],
    shape: ['Shape', ['same']],
    front: ['GatherV2', ['shape', 'free', 'zero']],
    target: ['ConcatV2', ['front', 'four', 'zero']],
    back: ['Reshape', ['product', 'target']],
    einsum: ['Einsum', ['same', 'matrix'], {equation: attr.text('abcd,de->abce')}],
    turned: ['Transpose', ['same', 'order']],
    joined: ['ConcatV2', ['same', 'deep', 'last']],
    halves: ['Split', ['last', 'same'], {num_split: attr.int(2)}],
    cut: ['StridedSlice', ['same', 'begin', 'end', 'ones'], {end_mask: attr.int(3)}],
    height: ['StridedSlice', ['shape', 'one', 'two', 'one'], {shrink_axis_mask: attr.int(1)}],
    batch: ['StridedSlice', ['shape', 'first', 'one', 'one'], {shrink_axis_mask: attr.int(1)}],
    packed: ['Pack', ['batch', 'height', 'four']],
    unpacked: ['Reshape', ['kept', 'packed']],
    tiled: ['Tile', ['kept', 'times']],
    batched: ['SpaceToBatchND', ['same', 'two', 'pads']],
    stacked: ['TensorListStack', ['list', 'rows']],
    heap: ['TensorListStack', ['list', 'last']],
    list: ['SomebodysList', ['x']],
    custom: ['SomebodysOp', ['x']],
    after: ['Relu', ['custom']],
  },
};

const graph = createGraph(artifactsOf(GRAPH));
const open = (symbol: string): object => ({symbol, plus: 0});
const b = open('x[0]');
const h = open('x[1]');

describe('createShapes', () => {
  const shapes = createShapes(graph);
  it.each([
    ['x', [b, h, 7, 3]],
    ['same', [b, h, 7, 8]],
    ['valid', [b, {symbol: 'down((x[1]-3)/2)', plus: 1}, 3, 8]],
    ['deep', [b, h, 7, 16]],
    ['padded', [b, {symbol: 'x[1]', plus: 3}, 8, 8]],
    ['summed', [b, h, 7, 8]],
    ['pooled', [b, 8]],
    ['kept', [b, 1, 1, 8]],
    ['flat', [open('7*x[0]*x[1]'), 8]],
    ['product', [open('7*x[0]*x[1]'), 4]],
    ['back', [b, h, 7, 4]],
    ['einsum', [b, h, 7, 4]],
    ['turned', [b, 8, h, 7]],
    ['joined', [b, h, 7, 24]],
    ['halves', [b, h, 7, 4]],
    ['cut', [b, h, 5, 4]],
    ['unpacked', [b, h, 4]],
    ['tiled', [open('2*x[0]'), 1, 3, 8]],
    ['batched', [open('batched[0]'), open('batched[1]'), open('batched[2]'), 8]],
    ['stacked', [open('stacked[0]'), open('stacked[1]'), 8]],
    ['heap', null],
    ['halves:1', [b, h, 7, 4]],
    ['same:1', null],
    ['after', null],
  ])('of %s', (name, expected) => {
    expect(shapes.shape(graph.value(name)!)).toEqual(expected);
  });

  it('takes the sizes that it is given', () => {
    const given = createShapes(graph, new Map([['x', [2, 9, 7, 3]]]));
    const of = (name: string): unknown => given.shape(graph.value(name)!)?.map(sizeOf);
    expect(of('valid')).toEqual([2, 4, 3, 8]);
    expect(of('padded')).toEqual([2, 12, 8, 8]);
    expect(of('flat')).toEqual([126, 8]);
    expect(of('back')).toEqual([2, 9, 7, 4]);
  });
});
