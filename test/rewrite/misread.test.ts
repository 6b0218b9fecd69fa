/** What stock tfjs computes wrongly and the rewrite has no other spelling for: the report names the node and the reason. */
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {artifactsOf, attr, floats, int, ints, type SmallGraph} from '../helpers/smallGraphs.ts';

async function misread(graph: SmallGraph): Promise<unknown> {
  const artifacts = artifactsOf(graph);
  const {report, artifacts: fused} = await fuseModelArtifacts(artifacts);
  expect(fused).toBe(artifacts);
  return report.misread;
}

const integers = {T: {type: 'DT_INT32'}};
const mod: SmallGraph = {inputs: {x: [4]}, weights: {by: floats([4])}, nodes: {y: ['Mod', ['x', 'by']]}};

const transposedConv = (attrs: object): SmallGraph => ({
  inputs: {x: [2, 6, 6, 4]},
  weights: {filter: floats([3, 3, 4, 4]), shape: ints(2, 6, 6, 4)},
  nodes: {
    y: [
      'Conv2DBackpropInput',
      ['shape', 'filter', 'x'],
      {strides: attr.ints(1, 1, 1, 1), padding: attr.text('SAME'), ...attrs},
    ],
  },
});

const gatherOfEach = (images: number): SmallGraph => ({
  inputs: {x: [images, 4, 4]},
  weights: {at: {shape: [1, 2], data: Int32Array.of(0, 1)}, axis: int(1)},
  nodes: {y: ['GatherV2', ['x', 'at', 'axis'], {batch_dims: attr.int(1)}]},
});

const norm = (...reads: string[]): SmallGraph => ({
  inputs: {x: [2, 6, 6, 4]},
  weights: {scale: floats([4], 1), offset: floats([4], 2), none: floats([0], 3)},
  nodes: {
    y: ['FusedBatchNormV3', ['x', 'scale', 'offset', 'none', 'none'], {epsilon: attr.float(1e-3)}],
    z: ['AddN', reads],
  },
});

test.each<[string, SmallGraph, string]>([
  ['Mod', mod, 'sign'],
  ['Mean of integers', {inputs: {x: [4]}, weights: {a: ints(0)}, nodes: {y: ['Mean', ['x', 'a'], integers]}}, 'zero'],
  ['Div of integers', {inputs: {x: [4]}, weights: {by: ints(2)}, nodes: {y: ['Div', ['x', 'by'], integers]}}, 'zero'],
  [
    'OneHot on another axis',
    {
      inputs: {x: [4]},
      weights: {depth: int(3), on: floats([]), off: floats([], 2)},
      nodes: {y: ['OneHot', ['x', 'depth', 'on', 'off'], {axis: attr.int(0)}]},
    },
    'axis',
  ],
  ['GatherV2 of each image', gatherOfEach(2), 'batch_dims'],
  ['GatherV2 of each image, however many', gatherOfEach(-1), 'batch_dims'],
  ['a dilated transposed conv', transposedConv({dilations: attr.ints(1, 2, 2, 1)}), 'dilations'],
  ['a transposed conv in NCHW', transposedConv({data_format: attr.text('NCHW')}), 'NCHW'],
  [
    'stacks of a size that is not known',
    {
      inputs: {x: [2, -1, 4, 6]},
      weights: {matrices: floats([2, 1, 6, 5])},
      nodes: {y: ['BatchMatMulV2', ['x', 'matrices']]},
    },
    'stacks of [2,-1] and [2,1] matrices',
  ],
  ['a batch norm in training mode whose statistics are read', norm('y', 'y:1'), 'training'],
])('%s is named, with the reason', async (_, graph, reason) => {
  const found = [{name: 'y', op: graph.nodes['y']![0], reason: expect.stringContaining(reason) as string}];
  expect(await misread(graph)).toEqual(found);
});

test.each<[string, SmallGraph]>([
  ['Mean of floats', {inputs: {x: [4]}, weights: {a: ints(0)}, nodes: {y: ['Mean', ['x', 'a']]}}],
  ['GatherV2 of one image', gatherOfEach(1)],
  ['a transposed conv', transposedConv({dilations: attr.ints(1, 1, 1, 1)})],
])('nothing is said of %s', async (_, graph) => {
  expect(await misread(graph)).toBeUndefined();
});

test('the summary has the reason', async () => {
  const {report} = await fuseModelArtifacts(artifactsOf(mod));
  expect(report.summary).toBe(
    'no blocks fused, 1 computed wrongly by tfjs: Mod, the sign of the divisor, not that of the dividend',
  );
});
