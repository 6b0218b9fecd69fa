/** Models with squeeze-and-excite, response norm and PReLU that are none, each with what its miss says. */
import type {io} from '@tensorflow/tfjs-core';

import {squeezeExcite, type SqueezeExcitePieces} from './globalSpellings.ts';
import {
  chain,
  convFirstModel,
  expandFirstModel,
  HEIGHT,
  HIDDEN,
  identity,
  layerNorm,
  op,
  type Piece,
  pointwise,
  silu,
  type Sketch,
  WIDTH,
} from './sketch.ts';
import {attr} from './smallGraphs.ts';

const keep = {keep_dims: attr.bool(true)};
const excited = (excite: Piece, act: Piece = silu): io.ModelArtifacts => expandFirstModel({norm: chain(act, excite)});
const excite = (pieces: Partial<SqueezeExcitePieces>): io.ModelArtifacts =>
  excited(squeezeExcite({channels: HIDDEN, ...pieces}));
const OTHER_LAYERS = /^squeeze-and-excite by other layers than two products/;
const OTHER_VALUE = /^squeeze-and-excite whose gate is made from another value than the one that it scales$/;
const normOf = (g: Sketch, x: string, ...axes: number[]): string =>
  g.add('Sqrt', [g.add('Sum', [g.add('Square', [x]), g.ints(...axes)], keep)]);
const responding = (respond: Piece): io.ModelArtifacts =>
  convFirstModel({norm: layerNorm(3), act: chain(silu, respond)});
const ratio = (g: Sketch, n: string, mean: string): string =>
  g.add('RealDiv', [n, g.add('AddV2', [mean, g.scalar(1e-6)])]);
const meanOf = (g: Sketch, n: string, ...axes: number[]): string => g.add('Mean', [n, g.ints(...axes)], keep);

/** A part that sees the whole image, and is another one in one point. */
export const GLOBAL_LOOKALIKES: Readonly<Record<string, [io.ModelArtifacts, RegExp]>> = {
  'squeeze-and-excite by one product': [
    excite({reduce: identity, act: identity, expand: pointwise(HIDDEN, HIDDEN)}),
    OTHER_LAYERS,
  ],
  'squeeze-and-excite by three products': [
    excite({expand: chain(pointwise(8, 8), op('Relu'), pointwise(8, HIDDEN))}),
    OTHER_LAYERS,
  ],
  'squeeze-and-excite by tanh': [excite({gate: op('Tanh')}), OTHER_LAYERS],
  'squeeze-and-excite by ReLU': [excite({gate: op('Relu')}), /^squeeze-and-excite by another gate than sigmoid/],
  'squeeze-and-excite with a constant behind the gate': [
    excite({gate: chain(op('Sigmoid'), (g, x) => g.add('AddV2', [x, g.scalar(1)]))}),
    /^squeeze-and-excite by another gate/,
  ],
  'squeeze-and-excite over rows alone': [
    excite({mean: (g, x) => meanOf(g, x, 1)}),
    /^(Mean over axes 1|squeeze-and-excite|Mul that)/,
  ],
  'squeeze-and-excite by a maximum over the image': [
    excite({mean: (g, x) => g.add('Max', [x, g.ints(1, 2)], keep)}),
    /^Max is no part of a block$/,
  ],
  'squeeze-and-excite by a pool over a part of the image': [
    excite({
      mean: (g, x) =>
        g.add('AvgPool', [x], {
          ksize: attr.ints(1, HEIGHT - 1, WIDTH, 1),
          strides: attr.ints(1, HEIGHT, WIDTH, 1),
          padding: attr.text('VALID'),
        }),
    }),
    /./,
  ],
  'squeeze-and-excite by the mean of squares': [
    excite({mean: (g, x) => meanOf(g, g.add('Square', [x]), 1, 2)}),
    OTHER_VALUE,
  ],
  'squeeze-and-excite by the value before the activation': [
    expandFirstModel({
      norm: (g, x) =>
        squeezeExcite({channels: HIDDEN, product: (h, _, gate) => h.add('Mul', [silu(h, x), gate])})(g, x),
    }),
    OTHER_VALUE,
  ],
  'squeeze-and-excite by the value after the activation, of the one before': [
    expandFirstModel({
      norm: (g, x) =>
        squeezeExcite({channels: HIDDEN, product: (h, _, gate) => h.add('Mul', [x, gate])})(g, silu(g, x)),
    }),
    OTHER_VALUE,
  ],
  'squeeze-and-excite whose mean is read elsewhere': [
    excite({
      mean: (g, x) => {
        const mean = meanOf(g, x, 1, 2);
        g.nodes['elsewhere'] = ['Tanh', [mean]];
        return mean;
      },
    }),
    /^a value inside the block is also read by Tanh outside it$/,
  ],
  'squeeze-and-excite whose gate is read elsewhere': [
    excite({
      product: (g, image, gate) => {
        g.nodes['elsewhere'] = ['Tanh', [gate]];
        return g.add('Mul', [image, gate]);
      },
    }),
    /^a value inside the block is also read by Tanh outside it$/,
  ],
  'squeeze-and-excite that is added': [
    excite({product: (g, image, gate) => g.add('AddV2', [image, gate])}),
    /^(a sum of two branches|squeeze-and-excite|Mean)/,
  ],
  'response norm over channels': [
    responding((g, x) => {
      const n = normOf(g, x, 3);
      return g.add('AddV2', [x, g.add('Mul', [x, g.add('Mul', [ratio(g, n, meanOf(g, n, 3)), g.floats(HIDDEN)])])]);
    }),
    /./,
  ],
  'response norm over rows alone': [
    responding((g, x) => {
      const n = normOf(g, x, 1);
      return g.add('AddV2', [x, g.add('Mul', [x, ratio(g, n, meanOf(g, n, 3))])]);
    }),
    /Sum over axes 1, not over channels alone/,
  ],
  'response norm by the mean of its norm over the image': [
    responding((g, x) => {
      const n = normOf(g, x, 1, 2);
      return g.add('AddV2', [x, g.add('Mul', [x, ratio(g, n, meanOf(g, n, 1, 2))])]);
    }),
    /^a norm over height and width$/,
  ],
  'response norm without its input': [
    responding((g, x) => {
      const n = normOf(g, x, 1, 2);
      return g.add('Mul', [x, g.add('Mul', [ratio(g, n, meanOf(g, n, 3)), g.floats(HIDDEN)])]);
    }),
    /^response norm \(GRN\)$/,
  ],
  'response norm with a greater of mean and epsilon': [
    responding((g, x) => {
      const n = normOf(g, x, 1, 2);
      const mean = g.add('Maximum', [meanOf(g, n, 3), g.scalar(1e-6)]);
      return g.add('AddV2', [x, g.add('Mul', [x, g.add('RealDiv', [n, mean])])]);
    }),
    /^response norm \(GRN\)$/,
  ],
  'response norm with its β inside': [
    responding((g, x) => {
      const n = normOf(g, x, 1, 2);
      const gain = g.add('AddV2', [ratio(g, n, meanOf(g, n, 3)), g.floats(HIDDEN)]);
      return g.add('AddV2', [x, g.add('Mul', [x, g.add('Mul', [gain, gain])])]);
    }),
    /^response norm \(GRN\)$/,
  ],
  'response norm of another norm': [
    responding((g, x) => {
      const n = normOf(g, x, 1, 2);
      const mean = meanOf(g, normOf(g, g.add('AddV2', [x, g.scalar(1)]), 1, 2), 3);
      return g.add('AddV2', [x, g.add('Mul', [x, ratio(g, n, mean)])]);
    }),
    /^response norm \(GRN\)$/,
  ],
  'response norm by the sum of absolute values': [
    responding((g, x) => {
      const n = g.add('Sqrt', [g.add('Sum', [g.add('Abs', [x]), g.ints(1, 2)], keep)]);
      return g.add('AddV2', [x, g.add('Mul', [x, ratio(g, n, meanOf(g, n, 3))])]);
    }),
    /^response norm \(GRN\)$/,
  ],
  'response norm whose norm is read elsewhere': [
    responding((g, x) => {
      const n = normOf(g, x, 1, 2);
      g.nodes['elsewhere'] = ['Tanh', [n]];
      return g.add('AddV2', [x, g.add('Mul', [x, ratio(g, n, meanOf(g, n, 3))])]);
    }),
    /^a value inside the block is also read by Tanh outside it$/,
  ],
};

const below = (g: Sketch, x: string): string => g.add('Relu', [g.add('Neg', [x])]);
const activated = (act: Piece): io.ModelArtifacts => convFirstModel({norm: layerNorm(3), act});

/** An activation that is a PReLU but for one point. */
export const PRELU_LOOKALIKES: Readonly<Record<string, [io.ModelArtifacts, RegExp]>> = {
  'a slope for each pixel': [
    activated((g, x) => g.add('Prelu', [x, g.floats(HEIGHT, WIDTH, HIDDEN)])),
    /^PReLU whose slopes are not one number a channel$/,
  ],
  'a slope that is computed': [activated((g, x) => g.add('Prelu', [x, g.add('Sigmoid', [x])])), /./],
  'a PReLU that is squared below': [
    activated((g, x) => g.add('AddV2', [g.add('Relu', [x]), g.add('Square', [below(g, x)])])),
    /neither a scale/,
  ],
  'a PReLU whose parts are cut at different points': [
    activated((g, x) => {
      const shifted = g.add('AddV2', [x, g.scalar(1)]);
      return g.add('AddV2', [g.add('Relu', [x]), g.add('Mul', [g.floats(HIDDEN), below(g, shifted)])]);
    }),
    /neither a scale/,
  ],
  'the part below zero of a PReLU': [
    activated((g, x) => g.add('Mul', [g.floats(HIDDEN), g.add('Minimum', [x, g.add('Tanh', [x])])])),
    /./,
  ],
};
