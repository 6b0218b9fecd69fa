/** Spellings of the parts that see the whole image: squeeze-and-excite, and response norm. */
import {attr} from './smallGraphs.ts';
import {
  chain,
  convAttrs,
  HEIGHT,
  op,
  type Piece,
  pointwise,
  rowsTimesMatrix,
  silu,
  type Sketch,
  WIDTH,
} from './sketch.ts';

const keep = {keep_dims: attr.bool(true)};
const mul = (g: Sketch, a: string, b: string): string => g.add('Mul', [a, b]);
const add = (g: Sketch, a: string, b: string): string => g.add('AddV2', [a, b]);

const meanOver =
  (axes: readonly number[], attrs = {}): Piece =>
  (g, x) =>
    g.add('Mean', [x, g.ints(...axes)], attrs);
const overImage =
  (reduce: string): Piece =>
  (g, x) =>
    g.add(reduce, [x, g.ints(1, 2)], keep);

/** `[n, c]` as `[n, 1, 1, c]`. */
const unfold =
  (channels: number): Piece =>
  (g, x) =>
    g.add('Reshape', [x, g.ints(-1, 1, 1, channels)]);
const unfoldByShape =
  (channels: number): Piece =>
  (g, x) => {
    const batch = g.add('StridedSlice', [g.add('Shape', [x]), g.ints(0), g.ints(1), g.ints(1)], {
      shrink_axis_mask: attr.int(1),
    });
    return g.add('Reshape', [x, g.add('Pack', [batch, g.int(1), g.int(1), g.int(channels)])]);
  };

/** From the image `[n, h, w, c]` to its mean `[n, 1, 1, c]`. */
export const MEANS: Readonly<Record<string, (channels: number) => Piece>> = {
  Mean: () => overImage('Mean'),
  'Mean over −2 and −3': () => meanOver([-2, -3], keep),
  'Mean without its axes, then Reshape': (channels) => chain(meanOver([2, 1]), unfold(channels)),
  'Mean without its axes, then Reshape by Shape and Pack, as in Keras': (channels) =>
    chain(meanOver([1, 2]), unfoldByShape(channels)),
  'Mean without its axes, then ExpandDims': () =>
    chain(
      meanOver([1, 2]),
      (g, x) => g.add('ExpandDims', [x, g.int(1)]),
      (g, x) => g.add('ExpandDims', [x, g.int(1)]),
    ),
  'a pool over the whole image': () =>
    op('AvgPool', {ksize: attr.ints(1, HEIGHT, WIDTH, 1), strides: attr.ints(1, 1, 1, 1), padding: attr.text('VALID')}),
  'the mean of pixels in a row': (channels) =>
    chain((g, x) => g.add('Reshape', [x, g.ints(-1, HEIGHT * WIDTH, channels)]), meanOver([1]), unfold(channels)),
  'Mean over either axis': () => chain(meanOver([1], keep), meanOver([2], keep)),
  'Mean over either axis, without them': (channels) => chain(meanOver([2]), meanOver([1]), unfold(channels)),
  'a sum, divided by the number of pixels': () =>
    chain(overImage('Sum'), (g, x) => mul(g, x, g.scalar(1 / (HEIGHT * WIDTH)))),
};

const shifted = (g: Sketch, x: string): string => add(g, x, g.scalar(3));

/** Spelling → what it is to the op. */
export const GATES: Readonly<Record<string, [gate: 'sigmoid' | 'hard-sigmoid', piece: Piece]>> = {
  Sigmoid: ['sigmoid', op('Sigmoid')],
  '1 / (1 + Exp(−x))': [
    'sigmoid',
    (g, x) => g.add('RealDiv', [g.scalar(1), add(g, g.scalar(1), g.add('Exp', [g.add('Neg', [x])]))]),
  ],
  'Relu6 · 1/6': ['hard-sigmoid', (g, x) => mul(g, g.scalar(1 / 6), g.add('Relu6', [shifted(g, x)]))],
  'Relu6 / 6': ['hard-sigmoid', (g, x) => g.add('RealDiv', [g.add('Relu6', [shifted(g, x)]), g.scalar(6)])],
  'Keras 2’s clip of 0.2x + 0.5': [
    'hard-sigmoid',
    (g, x) => g.add('ClipByValue', [add(g, mul(g, x, g.scalar(0.2)), g.scalar(0.5)), g.scalar(0), g.scalar(1)]),
  ],
  'Maximum of Minimum of x/6 + 0.5': [
    'hard-sigmoid',
    (g, x) => {
      const line = add(g, g.add('RealDiv', [x, g.scalar(6)]), g.scalar(0.5));
      return g.add('Maximum', [g.scalar(0), g.add('Minimum', [line, g.scalar(1)])]);
    },
  ],
};

export interface SqueezeExcitePieces {
  readonly channels: number;
  readonly squeezed?: number;
  readonly mean?: Piece;
  readonly reduce?: Piece;
  readonly act?: Piece;
  readonly expand?: Piece;
  readonly gate?: Piece;
  /** From image and gate. */
  readonly product?: (g: Sketch, image: string, gate: string) => string;
}

export const SQUEEZED = 8;

/** The image times its gate. */
export function squeezeExcite(pieces: SqueezeExcitePieces): Piece {
  const {channels, squeezed = SQUEEZED, mean = overImage('Mean'), act = silu, gate = op('Sigmoid')} = pieces;
  const {reduce = pointwise(channels, squeezed), expand = pointwise(squeezed, channels), product = mul} = pieces;
  return (g, x) => product(g, x, chain(mean, reduce, act, expand, gate)(g, x));
}

const fusedDense =
  (inputs: number, outputs: number): Piece =>
  (g, x) =>
    g.add('_FusedMatMul', [x, g.floats(inputs, outputs), g.floats(outputs)], {
      num_args: attr.int(1),
      fused_ops: attr.texts('BiasAdd', 'Relu'),
    });

/** Of other layers than 1×1 convs, and in another order. */
export const SQUEEZE_EXCITES: Readonly<Record<string, (channels: number) => Piece>> = {
  'of dense layers on rows, gate first': (channels) =>
    squeezeExcite({
      channels,
      mean: meanOver([1, 2]),
      reduce: fusedDense(channels, SQUEEZED),
      act: (_, x) => x,
      expand: rowsTimesMatrix(SQUEEZED, channels),
      gate: chain(op('Sigmoid'), unfold(channels)),
      product: (g, image, gate) => mul(g, gate, image),
    }),
  'of dense layers behind a Reshape': (channels) =>
    squeezeExcite({
      channels,
      mean: (g, x) => g.add('Reshape', [overImage('Mean')(g, x), g.ints(2, channels)]),
      reduce: rowsTimesMatrix(channels, SQUEEZED),
      act: op('Relu'),
      expand: chain(rowsTimesMatrix(SQUEEZED, channels), unfold(channels)),
    }),
  'behind Identity': (channels) => chain(op('Identity'), squeezeExcite({channels, act: op('Elu')})),
  'with a gate that is tiled': (channels) =>
    squeezeExcite({
      channels,
      product: (g, image, gate) => mul(g, image, g.add('Tile', [gate, g.ints(1, HEIGHT, WIDTH, 1)])),
    }),
  'with scales and constants in the gate': (channels) =>
    squeezeExcite({
      channels,
      mean: chain(overImage('Mean'), (g, x) => mul(g, x, g.floats(channels))),
      act: chain(
        (g, x) => add(g, x, g.floats(SQUEEZED)),
        op('LeakyRelu'),
        (g, x) => mul(g, x, g.floats(SQUEEZED)),
      ),
      gate: chain(op('Sigmoid'), (g, x) => mul(g, x, g.scalar(2))),
    }),
  'of a scaled image, with a gate from the image': (channels) =>
    squeezeExcite({channels, product: (g, image, gate) => mul(g, mul(g, image, g.floats(channels)), gate)}),
  'of an image, with a gate from it scaled and shifted': (channels) =>
    squeezeExcite({
      channels,
      mean: chain((g, x) => add(g, mul(g, x, g.floats(channels)), g.floats(channels)), overImage('Mean')),
    }),
  'without an activation between': (channels) => squeezeExcite({channels, act: (_, x) => x}),
};

/** n of the response norm: `[n, 1, 1, c]`. */
export const NORMS: Readonly<Record<string, Piece>> = {
  'Sqrt of Sum of Square': (g, x) => g.add('Sqrt', [g.add('Sum', [g.add('Square', [x]), g.ints(1, 2)], keep)]),
  'Pow of Sum of x · x': (g, x) => g.add('Pow', [g.add('Sum', [mul(g, x, x), g.ints(-3, -2)], keep), g.scalar(0.5)]),
  'of absolute values, with an epsilon': (g, x) => {
    const energy = g.add('Sum', [g.add('Square', [g.add('Abs', [x])]), g.ints(2, 1)], keep);
    return g.add('Sqrt', [add(g, energy, g.scalar(1e-2))]);
  },
};

const meanOfNorm = (g: Sketch, norm: string): string => add(g, g.add('Mean', [norm, g.int(-1)], keep), g.scalar(1e-6));

/** From image, norm and channels to the norm's output. */
export const RESPONSES: Readonly<Record<string, (g: Sketch, x: string, norm: string, channels: number) => string>> = {
  'γ(x·n/m) + β + x': (g, x, n, channels) => {
    const normed = mul(g, x, g.add('RealDiv', [n, meanOfNorm(g, n)]));
    return add(g, add(g, mul(g, normed, g.floats(channels)), g.floats(1, 1, 1, channels)), x);
  },
  'x(γ·n/m) + x, then β, as Keras’s optimizer leaves it': (g, x, n, channels) => {
    const ratio = mul(g, g.floats(channels), g.add('RealDiv', [n, meanOfNorm(g, n)]));
    return add(g, g.floats(channels), g.add('AddN', [mul(g, ratio, x), x]));
  },
  'x(1 + γ·n·(1/m))': (g, x, n, channels) => {
    const ratio = mul(g, n, g.add('Reciprocal', [meanOfNorm(g, n)]));
    return mul(g, x, add(g, g.scalar(1), mul(g, ratio, g.floats(channels))));
  },
  'x·n/m·γ, its mean a sum': (g, x, n, channels) => {
    const mean = mul(g, g.add('Sum', [n, g.ints(3)], keep), g.scalar(1 / channels));
    const normed = g.add('RealDiv', [mul(g, x, n), add(g, g.scalar(1e-6), mean)]);
    return add(g, x, mul(g, normed, g.floats(channels)));
  },
};

export function responseNorm(
  channels: number,
  norm: Piece = Object.values(NORMS)[0]!,
  respond = Object.values(RESPONSES)[0]!,
): Piece {
  return (g, x) => respond(g, x, norm(g, x), channels);
}

/** With the axes of height and width, and of channels, gone and put back. */
export const RESPONSE_NORM_OF_ROWS =
  (channels: number): Piece =>
  (g, x) => {
    const n = g.add('Sqrt', [g.add('Sum', [g.add('Square', [x]), g.ints(1, 2)])]);
    const mean = g.add('ExpandDims', [g.add('Mean', [n, g.ints(-1)]), g.int(-1)]);
    const ratio = unfold(channels)(g, g.add('RealDiv', [n, add(g, mean, g.scalar(1e-6))]));
    return add(g, x, mul(g, mul(g, ratio, g.floats(channels)), x));
  };

/** A 1×1 conv with a PReLU in the same node. */
export const withFusedPrelu =
  (inputs: number, outputs: number, ...slopes: number[]): Piece =>
  (g, x) =>
    g.add('_FusedConv2D', [x, g.floats(1, 1, inputs, outputs), g.floats(outputs), g.floats(...slopes)], {
      ...convAttrs({}),
      num_args: attr.int(2),
      fused_ops: attr.texts('BiasAdd', 'Prelu'),
    });
