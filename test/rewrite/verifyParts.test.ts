/** Verification of blocks with parts that see the whole image, slopes and an activation after the sum. */
import type {io} from '@tensorflow/tfjs-core';

import {type LayerName, paramsLayout} from '../../ops/params.ts';
import {createGraph} from '../../src/graph/graph.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {verifyBlocks} from '../../src/rewrite/verify.ts';
import {GATES, MEANS, responseNorm, squeezeExcite, SQUEEZE_EXCITES} from '../helpers/globalSpellings.ts';
import {useCpu} from '../helpers/rewritten.ts';
import {
  chain,
  CHANNELS,
  convFirstModel,
  expandFirstModel,
  HIDDEN,
  layerNorm,
  op,
  type Piece,
  separableModel,
  silu,
  sumThen,
} from '../helpers/sketch.ts';

beforeAll(useCpu);

const prelu =
  (channels: number): Piece =>
  (g, x) =>
    g.add('Prelu', [x, g.floats(1, 1, channels)]);
const excited = (mean: Piece): io.ModelArtifacts =>
  expandFirstModel({norm: chain(silu, squeezeExcite({channels: HIDDEN, mean}))});

const MODELS: Readonly<Record<string, io.ModelArtifacts>> = {
  ...Object.fromEntries(
    Object.entries(MEANS).map(([name, mean]) => [`squeeze-and-excite by ${name}`, excited(mean(HIDDEN))]),
  ),
  'squeeze-and-excite by a hard sigmoid': separableModel({
    excite: squeezeExcite({channels: CHANNELS, gate: GATES['Relu6 · 1/6']![1]}),
  }),
  'squeeze-and-excite of dense layers': separableModel({
    excite: SQUEEZE_EXCITES['of dense layers on rows, gate first']!(CHANNELS),
  }),
  'response norm': convFirstModel({norm: layerNorm(3), act: chain(silu, responseNorm(HIDDEN))}),
  'PReLU everywhere': expandFirstModel({act: prelu(HIDDEN), norm: prelu(HIDDEN), sum: sumThen(prelu(CHANNELS))}),
  'an activation after the sum': separableModel({sum: sumThen(op('Relu6'))}),
};

it.each(Object.entries(MODELS))('finds %s within the tolerance', async (_, artifacts) => {
  const {report} = await fuseModelArtifacts(artifacts, {verify: true});
  expect(report.left).toEqual([]);
  expect(report.blocks).toHaveLength(1);
  expect(report.blocks[0]!.maxError).toBeLessThan(1e-4);
});

/** The params of the one block of a fused model, changed from some place on. */
function withParams(fused: io.ModelArtifacts, at: number, change: (value: number) => number): io.ModelArtifacts {
  const names = fused.weightSpecs!.map(({name}) => name);
  const weightData = (fused.weightData as ArrayBuffer[]).map((bytes, i) => {
    if (!names[i]!.endsWith('/params')) return bytes;
    return new Float32Array(bytes).map((value, j) => (j >= at && j < at + 8 ? change(value) : value)).buffer;
  });
  return {...fused, weightData};
}

const CHANGED: readonly [model: string, what: LayerName | 'slopes' | 'γ'][] = [
  ['squeeze-and-excite by Mean', 'seReduce'],
  ['squeeze-and-excite by Mean', 'seExpand'],
  ['squeeze-and-excite by a sum, divided by the number of pixels', 'seExpand'],
  ['squeeze-and-excite by a hard sigmoid', 'seExpand'],
  ['response norm', 'γ'],
  ['PReLU everywhere', 'slopes'],
];
it.each(CHANGED)('finds %s out of it where its %s are others', async (name, what) => {
  const {artifacts, report} = await fuseModelArtifacts(MODELS[name]!);
  const layout = paramsLayout(report.blocks[0]!.spec);
  const at =
    what === 'γ'
      ? layout.responseNorm!
      : what === 'slopes'
        ? layout.project.slopes!
        : layout[what as 'seReduce']!.weights;
  const changed = withParams(artifacts, at, (value) => value + 0.25);
  const [check] = await verifyBlocks(createGraph(MODELS[name]!), createGraph(changed));
  expect(check!.reason).toMatch(/^differs by /);
});
