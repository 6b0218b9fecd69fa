/** Spellings of parts that converters write, beside those of the plain pieces in sketch.ts. */
import {attr} from './smallGraphs.ts';
import {CHANNELS, convAttrs, HEIGHT, HIDDEN, type Piece, type Sketch, WIDTH} from './sketch.ts';

const mul = (g: Sketch, a: string, b: string): string => g.add('Mul', [a, b]);
const add = (g: Sketch, a: string, b: string): string => g.add('AddV2', [a, b]);

/** `0.5 · x · (1 + gate)`, the factors put together in three ways. */
const gates: Readonly<Record<string, (g: Sketch, x: string, gate: string) => string>> = {
  'half first': (g, x, gate) => mul(g, mul(g, g.scalar(0.5), x), add(g, g.scalar(1), gate)),
  'half last': (g, x, gate) => mul(g, mul(g, x, add(g, gate, g.scalar(1))), g.scalar(0.5)),
  'half with the gate': (g, x, gate) => mul(g, add(g, mul(g, gate, g.scalar(0.5)), g.scalar(0.5)), x),
};

const cubes: Readonly<Record<string, Piece>> = {
  Pow: (g, x) => g.add('Pow', [x, g.scalar(3)]),
  'Square · x': (g, x) => mul(g, g.add('Square', [x]), x),
  'x · x · x': (g, x) => mul(g, x, mul(g, x, x)),
};

function tanhArgument(g: Sketch, x: string, cube: Piece): string {
  return mul(g, g.scalar(Math.sqrt(2 / Math.PI)), add(g, x, mul(g, cube(g, x), g.scalar(0.044715))));
}

/** `relu(−x)`. */
const below = (g: Sketch, x: string): string => g.add('Relu', [g.add('Neg', [x])]);

/** Spelling → activation and piece. */
export const ACTIVATIONS: Readonly<Record<string, [activation: string, piece: Piece]>> = {
  Relu: ['relu', (g, x) => g.add('Relu', [x])],
  'Maximum of 0': ['relu', (g, x) => g.add('Maximum', [g.scalar(0), x])],
  Relu6: ['relu6', (g, x) => g.add('Relu6', [x])],
  'Minimum and Maximum': ['relu6', (g, x) => g.add('Minimum', [g.add('Maximum', [x, g.scalar(0)]), g.scalar(6)])],
  'Maximum and Minimum': ['relu6', (g, x) => g.add('Maximum', [g.scalar(0), g.add('Minimum', [g.scalar(6), x])])],
  'Minimum of Relu': ['relu6', (g, x) => g.add('Minimum', [g.scalar(6), g.add('Relu', [x])])],
  'Relu of Minimum': ['relu6', (g, x) => g.add('Relu', [g.add('Minimum', [x, g.scalar(6)])])],
  'Relu, Minimum and Maximum': [
    'relu6',
    (g, x) => g.add('Maximum', [g.add('Minimum', [g.add('Relu', [x]), g.scalar(6)]), g.scalar(0)]),
  ],
  'Relu6 clipped from −1 to 7': [
    'relu6',
    (g, x) => g.add('ClipByValue', [g.add('Relu6', [x]), g.scalar(-1), g.scalar(7)]),
  ],
  'Relu cut at 1': ['relu6', (g, x) => g.add('Minimum', [g.add('Relu', [x]), g.scalar(1)])],
  ClipByValue: ['relu6', (g, x) => g.add('ClipByValue', [x, g.scalar(0), g.scalar(6)])],
  'the lesser of x and 0': ['relu', (g, x) => g.add('Minimum', [x, g.scalar(0)])],
  Prelu: ['prelu', (g, x) => g.add('Prelu', [x, g.floats(1, 1, HIDDEN)])],
  'Prelu by a slope for all': ['prelu', (g, x) => g.add('Prelu', [x, g.scalar(0.3)])],
  'Prelu by slopes of rank 4': ['prelu', (g, x) => g.add('Prelu', [x, g.floats(1, 1, 1, HIDDEN)])],
  'PReLU as Keras spells it': ['prelu', (g, x) => add(g, g.add('Relu', [x]), mul(g, g.floats(HIDDEN), below(g, x)))],
  'PReLU by Sub': ['prelu', (g, x) => g.add('Sub', [g.add('Relu', [x]), mul(g, below(g, x), g.floats(1, 1, HIDDEN))])],
  'PReLU by Minimum of 0': [
    'prelu',
    (g, x) => add(g, mul(g, g.floats(HIDDEN), g.add('Minimum', [g.scalar(0), x])), g.add('Maximum', [x, g.scalar(0)])),
  ],
  LeakyRelu: ['prelu', (g, x) => g.add('LeakyRelu', [x], {alpha: attr.float(0.1)})],
  'LeakyRelu by its default': ['prelu', (g, x) => g.add('LeakyRelu', [x])],
  'LeakyReLU by Maximum': ['prelu', (g, x) => g.add('Maximum', [mul(g, x, g.scalar(0.3)), x])],
  Elu: ['elu', (g, x) => g.add('Elu', [x])],
  Sigmoid: ['sigmoid', (g, x) => g.add('Sigmoid', [x])],
  'x · Sigmoid': ['silu', (g, x) => mul(g, x, g.add('Sigmoid', [x]))],
  'Sigmoid · x': ['silu', (g, x) => mul(g, g.add('Sigmoid', [x]), x)],
  'x / (1 + Exp(−x))': [
    'silu',
    (g, x) => g.add('RealDiv', [x, add(g, g.scalar(1), g.add('Exp', [g.add('Neg', [x])]))]),
  ],
  'quick GELU': ['silu', (g, x) => mul(g, x, g.add('Sigmoid', [mul(g, g.scalar(1.702), x)]))],
  'hard-sigmoid by Relu6': ['relu6', (g, x) => mul(g, g.add('Relu6', [add(g, x, g.scalar(3))]), g.scalar(1 / 6))],
  'hard-swish by ClipByValue': [
    'hard-swish',
    (g, x) => {
      const gate = g.add('ClipByValue', [add(g, x, g.scalar(3)), g.scalar(0), g.scalar(6)]);
      return g.add('RealDiv', [mul(g, x, gate), g.scalar(6)]);
    },
  ],
  'hard-swish by a hard sigmoid of Maximum and Minimum': [
    'hard-swish',
    (g, x) => {
      const line = add(g, mul(g, x, g.scalar(1 / 6)), g.scalar(0.5));
      return mul(g, g.add('Maximum', [g.add('Minimum', [line, g.scalar(1)]), g.scalar(0)]), x);
    },
  ],
  'hard-swish by Mul': [
    'hard-swish',
    (g, x) => mul(g, mul(g, x, g.add('Relu6', [add(g, x, g.scalar(3))])), g.scalar(1 / 6)),
  ],
  'hard-swish by RealDiv': [
    'hard-swish',
    (g, x) => mul(g, g.add('RealDiv', [g.add('Relu6', [add(g, g.scalar(3), x)]), g.scalar(6)]), x),
  ],
  'hard-swish, a sixth left out': ['hard-swish', (g, x) => mul(g, x, g.add('Relu6', [add(g, x, g.scalar(3))]))],
  Erfc: [
    'gelu',
    (g, x) => mul(g, mul(g, x, g.scalar(0.5)), g.add('Erfc', [mul(g, g.add('Neg', [x]), g.scalar(Math.SQRT1_2))])),
  ],
  'Erf of a division': [
    'gelu',
    (g, x) => gates['half first']!(g, x, g.add('Erf', [g.add('RealDiv', [x, g.scalar(Math.SQRT2)])])),
  ],
  ...Object.fromEntries(
    Object.entries(gates).map(([name, gate]): [string, [string, Piece]] => [
      `Erf, ${name}`,
      ['gelu', (g, x) => gate(g, x, g.add('Erf', [mul(g, x, g.scalar(Math.SQRT1_2))]))],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(cubes).map(([name, cube]): [string, [string, Piece]] => [
      `Tanh of ${name}`,
      ['gelu-tanh', (g, x) => gates['half last']!(g, x, g.add('Tanh', [tanhArgument(g, x, cube)]))],
    ]),
  ),
};

const keep = {keep_dims: attr.bool(true)};
const mean = (g: Sketch, x: string, axis = 3): string => g.add('Mean', [x, g.ints(axis)], keep);
const inverse = (g: Sketch, variance: string): string => g.add('Rsqrt', [add(g, variance, g.scalar(1e-3))]);

/** Spellings of LayerNorm over channels; that of Keras 2 is in sketch.ts. */
export const LAYER_NORMS: Readonly<Record<string, Piece>> = {
  'without scale and shift, as onnx2tf leaves it': (g, x) => {
    const m = mean(g, x);
    const r = inverse(g, mean(g, g.add('SquaredDifference', [m, x])));
    return g.add('Sub', [mul(g, x, r), mul(g, m, r)]);
  },
  'with Neg and AddN, as in Keras 3': (g, x) => {
    const m = mean(g, x, -1);
    const r = mul(g, inverse(g, mean(g, g.add('SquaredDifference', [x, m]), -1)), g.floats(CHANNELS));
    return add(g, g.floats(1, 1, 1, CHANNELS), g.add('AddN', [mul(g, g.add('Neg', [m]), r), mul(g, x, r)]));
  },
  'by sums and E[x²] − E[x]², as in Flax': (g, x) => {
    const over = (v: string): string => mul(g, g.add('Sum', [v, g.ints(3)]), g.scalar(1 / CHANNELS));
    const kept = (v: string): string => g.add('Reshape', [v, g.ints(2, HEIGHT, WIDTH, 1)]);
    const m = over(x);
    const spread = g.add('Sub', [over(g.add('Square', [x])), g.add('Square', [m])]);
    const variance = kept(g.add('Maximum', [g.scalar(0), spread]));
    const r = mul(g, g.floats(1, 1, 1, CHANNELS), inverse(g, variance));
    return add(g, mul(g, r, g.add('Sub', [x, kept(m)])), g.floats(1, 1, 1, CHANNELS));
  },
  ...Object.fromEntries(
    ['Tile', 'BroadcastTo'].map((spread): [string, Piece] => [
      `of an untrained model, its scale of 1 replaced by ${spread}`,
      (g, x) => {
        const m = mean(g, x, -1);
        const r = inverse(g, mean(g, g.add('SquaredDifference', [x, m]), -1));
        const to = spread === 'Tile' ? g.ints(1, 1, 1, CHANNELS) : g.ints(2, HEIGHT, WIDTH, CHANNELS);
        const full = g.add(spread, [r, to]);
        return g.add('AddN', [mul(g, x, full), mul(g, g.add('Neg', [m]), full)]);
      },
    ]),
  ),
  'by a division by Sqrt, kept by ExpandDims': (g, x) => {
    const kept = (v: string): string => g.add('ExpandDims', [v, g.int(-1)]);
    const deviation = g.add('Sub', [x, kept(g.add('Mean', [x, g.ints(-1)]))]);
    const variance = kept(g.add('Mean', [g.add('Square', [deviation]), g.ints(-1)]));
    return g.add('RealDiv', [deviation, g.add('Sqrt', [add(g, variance, g.scalar(1e-3))])]);
  },
};

const biased = (g: Sketch, x: string, outputs: number): string => g.add('BiasAdd', [x, g.floats(outputs)]);

/** Spellings of a 1×1 conv; that by _FusedConv2D is in sketch.ts. */
export const POINTWISE: Readonly<Record<string, (inputs: number, outputs: number) => Piece>> = {
  'Conv2D, VALID': (inputs, outputs) => (g, x) =>
    biased(g, g.add('Conv2D', [x, g.floats(1, 1, inputs, outputs)], convAttrs({padding: 'VALID'})), outputs),
  'Tensordot of an open shape': (inputs, outputs) => (g, x) => {
    const shape = g.add('Shape', [x]);
    const free = g.add('GatherV2', [shape, g.ints(0, 1, 2), g.int(0)]);
    const rows = g.add('Prod', [free, g.ints(0)]);
    const columns = g.add('Prod', [g.add('GatherV2', [shape, g.ints(3), g.int(0)]), g.ints(0)]);
    const flat = g.add('Reshape', [x, g.add('Pack', [rows, columns])]);
    const y = g.add('MatMul', [flat, g.floats(inputs, outputs)]);
    const target = g.add('ConcatV2', [free, g.ints(outputs), g.int(0)]);
    return biased(g, g.add('Reshape', [y, target]), outputs);
  },
  'MatMul between constant reshapes': (inputs, outputs) => (g, x) => {
    const flat = g.add('Reshape', [x, g.ints(-1, inputs)]);
    const y = g.add('_FusedMatMul', [flat, g.floats(inputs, outputs), g.floats(outputs)], {
      num_args: attr.int(1),
      fused_ops: attr.texts('BiasAdd'),
    });
    return g.add('Reshape', [y, g.ints(2, HEIGHT, WIDTH, outputs)]);
  },
  'MatMul with a transposed matrix': (inputs, outputs) => (g, x) => {
    const flat = g.add('Reshape', [x, g.ints(2 * HEIGHT * WIDTH, inputs)]);
    const y = g.add('MatMul', [flat, g.floats(outputs, inputs)], {transpose_b: attr.bool(true)});
    return g.add('Reshape', [biased(g, y, outputs), g.ints(-1, HEIGHT, WIDTH, outputs)]);
  },
  Einsum: (inputs, outputs) => (g, x) =>
    g.add('Einsum', [x, g.floats(inputs, outputs)], {equation: attr.text('abcd,de->abce')}),
  'Einsum, matrix first and transposed': (inputs, outputs) => (g, x) =>
    g.add('Einsum', [g.floats(outputs, inputs), x], {equation: attr.text('ed,abcd->abce')}),
  BatchMatMulV2: (inputs, outputs) => (g, x) => g.add('BatchMatMulV2', [x, g.floats(1, 1, inputs, outputs)]),
};
