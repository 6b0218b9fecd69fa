/** Fused ops whose `fused_ops` is empty though they have a third input: blocks and legalized nodes compute what stock tfjs does. */
import type {io} from '@tensorflow/tfjs-core';

import type {AttrValue} from '../../src/graph/graphDef.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {worstDifference} from '../helpers/closeness.ts';
import {fuse, OUTPUT_TOLERANCE, run, useCpu} from '../helpers/rewritten.ts';
import {chain, CHANNELS, convAttrs, convFirstModel, HEIGHT, HIDDEN, type Piece, WIDTH} from '../helpers/sketch.ts';
import {attr} from '../helpers/smallGraphs.ts';

beforeAll(useCpu);

type FusedOps = Readonly<Record<string, AttrValue>>;

const FUSED_OPS: Readonly<Record<string, FusedOps>> = {
  'an empty list': {fused_ops: attr.texts()},
  'no list': {},
};

const fused =
  (op: string, filter: number[], attrs: Record<string, AttrValue>): Piece =>
  (g, x) =>
    g.add(op, [x, g.floats(...filter), g.floats(op.startsWith('FusedDepthwise') ? CHANNELS : filter.at(-1)!)], {
      num_args: attr.int(1),
      ...attrs,
    });
const flat: Piece = (g, x) => g.add('Reshape', [x, g.ints(-1, CHANNELS)]);
const image: Piece = (g, x) => g.add('Reshape', [x, g.ints(2, HEIGHT, WIDTH, HIDDEN)]);

const MODELS: Readonly<Record<string, (fusedOps: FusedOps) => io.ModelArtifacts>> = {
  _FusedConv2D: (ops) =>
    convFirstModel({expand: fused('_FusedConv2D', [1, 1, CHANNELS, HIDDEN], {...convAttrs({}), ...ops})}),
  FusedDepthwiseConv2dNative: (ops) =>
    convFirstModel({conv: fused('FusedDepthwiseConv2dNative', [3, 3, CHANNELS, 1], {...convAttrs({}), ...ops})}),
  _FusedMatMul: (ops) =>
    convFirstModel({expand: chain(flat, fused('_FusedMatMul', [CHANNELS, HIDDEN], {...ops}), image)}),
};
const CASES = Object.entries(MODELS).flatMap(([op, model]) =>
  Object.entries(FUSED_OPS).map(([name, ops]): [string, string, io.ModelArtifacts] => [op, name, model(ops)]),
);

test.each(CASES)('%s with %s', async (_op, _fusedOps, artifacts) => {
  const stock = run(artifacts);
  const {blocks, artifacts: result} = await fuse(artifacts);
  expect(blocks).toHaveLength(1);
  expect(worstDifference(run(result), stock).worst).toBeLessThan(OUTPUT_TOLERANCE * Math.max(...stock.map(Math.abs)));
  expect(run(legalizeArtifacts(artifacts).artifacts)).toEqual(stock);
});
