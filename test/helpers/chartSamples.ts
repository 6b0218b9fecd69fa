/** What the tests of charts draw: a block as stock kernels and fused, on a machine with one cache, and a family of models. */
import type {ChartGap, ChartKernel, ChartMachine, ChartSamples, ChartSide} from '../../src/charts.ts';

export const MACHINE: ChartMachine = {
  opsPerS: 60e9,
  bytesPerS: [
    {level: 'L2', bytesPerS: 50e9},
    {level: 'memory', bytesPerS: 10e9},
  ],
};

export type Row = readonly [
  name: string,
  shape: readonly number[],
  megaOps: number,
  megaBytes: number,
  ms: number | null,
];

const IMAGE = [1, 28, 28, 192];
const HIDDEN = [784, 768];
const BLOCK: readonly Row[] = [
  ['FusedDepthwiseConv2D', IMAGE, 14.8, 1.24, 4],
  ['Mean', [1, 28, 28, 1], 0.15, 0.61, 0.1],
  ['Sub', IMAGE, 0.15, 1.2, 0.2],
  ['Multiply', IMAGE, 0.15, 1.2, 0.2],
  ['Reshape', [784, 192], 0, 0, 0.001],
  ['BatchMatMul', HIDDEN, 231, 3.6, 9],
  ['Erf', HIDDEN, 0.6, 4.8, 6],
  ['Multiply', HIDDEN, 0.6, 7.2, 1.1],
  ['BatchMatMul', [784, 192], 231, 3.6, 8.5],
  ['Transpose', IMAGE, 0, 1.2, 0.4],
  ['Add', IMAGE, 0.15, 1.8, 0.3],
];

/** A model of stages of 28×28 and 14×14 pixels from stock kernels; more blocks, more kernels. */
export function stock(blocks = 2): ChartSide {
  const later = BLOCK.map(([name, shape, ...rest]): Row => [
    name,
    shape.length === 4 ? [1, 14, 14, shape[3]!] : shape,
    ...rest,
  ]);
  const rows = Array.from({length: blocks}, (_, i) => (i < blocks / 2 ? BLOCK : later)).flat();
  return sideOf('stock', rows, [{name: 'TopKV2', calls: 2}]);
}

export const FUSED = sideOf(
  'fused',
  [
    ['FusedResidualBlock', IMAGE, 476, 2.4, 9],
    ['FusedResidualBlock', [1, 14, 14, 192], 476, 2.4, 8.8],
    ['_FusedMatMul', [1, 1000], 1.5, 3.1, 0.1],
  ],
  [],
);

export function sideOf(label: string, rows: readonly Row[], uncounted: ChartSide['waterline']['uncounted']): ChartSide {
  const kernels = rows.map(([name, shape, megaOps, megaBytes, actualMs], i): ChartKernel => {
    const idealMs = (1e9 * megaOps) / MACHINE.opsPerS;
    const movingMs = (1e9 * megaBytes) / MACHINE.bytesPerS[1]!.bytesPerS;
    return {
      name,
      node: `block/${i}`,
      outputShapes: [shape],
      ops: 1e6 * megaOps,
      bytes: 1e6 * megaBytes,
      intensity: megaBytes === 0 ? null : megaOps / megaBytes,
      memoryBound: movingMs > idealMs,
      attainableMs: Math.max(idealMs, movingMs),
      actualMs,
    };
  });
  const sum = (figure: (kernel: ChartKernel) => number): number =>
    kernels.reduce((all, kernel) => all + figure(kernel), 0);
  const total = {
    ops: sum(({ops}) => ops),
    macs: sum(({name, ops}) => (/Conv2D|MatMul|Block/.test(name) ? ops / 2 : 0)),
    bytes: sum(({bytes}) => bytes),
    attainableMs: sum(({attainableMs}) => attainableMs),
  };
  const measured = kernels.every(({actualMs}) => actualMs !== null);
  const wallMs = measured ? sum(({actualMs}) => actualMs ?? 0) : null;
  return {label, waterline: {kernels, total, wallMs, uncounted, failure: null}};
}

/** Three sizes each of two families; the second pair of models lies close together. */
export const GAPS: readonly ChartGap[] = (
  [
    ['ConvFirst S', 'ConvFirst', 0.951, 2.1, 4],
    ['ConvFirst M', 'ConvFirst', 0.968, 5.2, 8.9],
    ['ConvFirst L', 'ConvFirst', 0.975, 12.3, 19.8],
    ['ConvNeXt S', 'ConvNeXt', 0.949, 1.9, 9.2],
    ['ConvNeXt M', 'ConvNeXt', 0.966, 4.8, 20.2],
    ['ConvNeXt L', 'ConvNeXt', 0.9748, 11.1, 44],
  ] as const
).map(([name, family, accuracy, idealMs, actualMs]) => ({
  name,
  family,
  accuracy,
  accuracyInterval: [accuracy - 0.009, accuracy + 0.008],
  idealMs,
  actualMs,
  efficiency: idealMs / actualMs,
}));

/** Of three ways, each with a sample of its own in every run; one of the second's takes far longer. */
export const SAMPLES: readonly ChartSamples[] = [
  {label: 'stock', ms: [30, 32, 31, 29, 30.5]},
  {label: 'fused', ms: [10, 10.4, 9.8, 120, 10.1]},
  {label: 'fused, 1 thread', ms: [20, 20.5, 19.9, 20.1, 22]},
];
