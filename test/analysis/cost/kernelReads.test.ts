/**
 * The bytes of a kernel against what the kernel itself shows: an element of an input has to be read where another number in
 * its stead changes what comes out. So no count is more than any kernel must move, and none is less than shapes imply.
 */
import '@tensorflow/tfjs-backend-cpu';
import type {NamedTensorInfoMap, Tensor, Tensor4D, TensorInfo, TypedArray} from '@tensorflow/tfjs-core';
import {elements} from '../../../ops/shape.ts';
import {kernelCost} from '../../../src/analysis/cost/kernelCost.ts';
import {hookKernels, type KernelOutput, type KernelParams} from '../../../src/run/kernelHooks.ts';
import {ALL_TFJS as tf} from '../../../src/run/allTfjs.ts';
import {CASES} from './cases/all.ts';
import {type Case, tensor, titleOf} from './cases/case.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Numbers to put in another's stead: one of them makes a difference wherever one can. */
const others = (value: number): number[] => [value + 1000, value - 1000, NaN, Infinity, 1 - value, -1 - value];

interface Moved {
  /** Elements that the call has to read, and those that it writes. */
  readonly must: number;
  /** What is counted of it. */
  readonly counted: number;
}

/** Of the last call of a kernel. */
function movedBy(kernel: string, run: Case['run']): Moved {
  const {kernelFunc} = tf.getKernel(kernel, 'cpu');
  const calls: Moved[] = [];
  const unhook = hookKernels((name, params, ran) => {
    const output = ran();
    if (name === kernel) {
      const written = listOf(output).reduce((sum, {shape}) => sum + elements(shape), 0);
      const ids = new Set(inputsOf(params).map(([, {dataId}]) => dataId));
      const read = [...ids].reduce((sum, id) => sum + mustRead(params, id, (changed) => kernelFunc(changed)), 0);
      calls.push({must: written + read, counted: counted(kernel, params, output)});
    }
    return output;
  });
  try {
    tf.dispose(tf.tidy(run));
  } finally {
    unhook();
  }
  return calls.at(-1)!;
}

function counted(name: string, params: KernelParams, output: KernelOutput): number {
  const inputShapes = Object.fromEntries(inputsOf(params).map(([input, {shape}]) => [input, shape]));
  const outputShapes = listOf(output).map(({shape}) => shape);
  return kernelCost({name, inputShapes, outputShapes, attrs: {...params.attrs}})!.bytes / 4;
}

/** Elements of one tensor, as whatever inputs it is given. */
function mustRead(params: KernelParams, dataId: object, run: (params: KernelParams) => KernelOutput): number {
  const before = snapshot(() => run(params));
  const names = inputsOf(params).filter(([, input]) => input.dataId === dataId);
  const [, info] = names[0]!;
  const values = tf.backend().readSync(info.dataId) as TypedArray;
  const changes = (i: number, value: number): boolean => {
    const changed = values.slice();
    changed[i] = value;
    const made = tf.tensor(changed, info.shape, info.dtype);
    const inputs = Array.isArray(params.inputs) ? [...(params.inputs as unknown as TensorInfo[])] : {...params.inputs};
    for (const [name] of names) (inputs as NamedTensorInfoMap)[name] = made;
    const after = snapshot(() => run({...params, inputs: inputs as NamedTensorInfoMap}));
    made.dispose();
    return after !== before;
  };
  return Array.from(values).filter((value, i) => others(value).some((other) => changes(i, other))).length;
}

/** What comes out, or that it is an error. */
function snapshot(run: () => KernelOutput): string {
  let outputs: TensorInfo[];
  try {
    outputs = listOf(run());
  } catch {
    return 'an error';
  }
  const values = outputs.map(({dataId}) => Array.from(tf.backend().readSync(dataId) as TypedArray, String).join());
  for (const output of outputs) tf.backend().disposeData(output.dataId);
  return values.join(';');
}

const listOf = (output: KernelOutput): TensorInfo[] => (Array.isArray(output) ? output : [output]);

const inputsOf = ({inputs}: KernelParams): [string, TensorInfo][] =>
  Object.entries(inputs as Record<string, TensorInfo | undefined>).filter(
    (entry): entry is [string, TensorInfo] => entry[1] !== undefined,
  );

describe('what a kernel must move', () => {
  const moving = CASES.filter(({moved}) => moved > 0);

  test.each(moving.map((each) => ({...each, title: titleOf(each)})))(
    '$title',
    ({kernel, run, moved, unforeseen = 0}) => {
      expect(movedBy(kernel, run)).toEqual({must: moved + unforeseen, counted: moved});
    },
  );
});

/** Every way to take one number of each list. */
const product = <Lists extends Record<string, readonly unknown[]>>(
  lists: Lists,
): {[Field in keyof Lists]: Lists[Field][number]}[] =>
  Object.entries(lists).reduce<object[]>(
    (rows, [field, values]) => rows.flatMap((row) => values.map((value) => ({...row, [field]: value}))),
    [{}],
  ) as never;

type Padding = Parameters<typeof tf.conv2d>[3];

/** A column of pixels. */
const column = (size: number): Tensor4D => tensor(1, size, 1, 1) as Tensor4D;

describe('windows that slide over a column of pixels', () => {
  const grid = product({size: [1, 2, 4, 7], taps: [1, 2, 3, 5], stride: [1, 2, 3], dilation: [1, 2]}).filter(
    ({stride, dilation}) => stride === 1 || dilation === 1,
  );
  const fits = ({size, taps, dilation}: (typeof grid)[number]): boolean => (taps - 1) * dilation < size;
  const filterOf = (taps: number): Tensor4D => tensor(taps, 1, 1, 1) as Tensor4D;

  const uneven: Padding = [[0, 0], [2, 0], [0, 0], [0, 0]]; // prettier-ignore

  test.each<{pad: Padding}>([{pad: 'same'}, {pad: 'valid'}, {pad: uneven}])(
    'of a convolution, padding $pad',
    ({pad}) => {
      for (const row of grid.filter((each) => pad === 'same' || fits(each))) {
        const {size, taps, stride, dilation} = row;
        const run = (): Tensor => tf.conv2d(column(size), filterOf(taps), stride, pad, 'NHWC', dilation);
        const {must, counted} = movedBy('Conv2D', run);
        expect({...row, moved: counted}).toEqual({...row, moved: must});
      }
    },
  );

  test.each(['same', 'valid'] as const)('of a pool, padding %s', (pad) => {
    for (const row of grid.filter((each) => each.dilation === 1 && (pad === 'same' || fits(each)))) {
      const {must, counted} = movedBy('MaxPool', () => tf.maxPool(column(row.size), [row.taps, 1], row.stride, pad));
      expect({...row, moved: counted}).toEqual({...row, moved: must});
    }
  });

  test.each(['same', 'valid'] as const)('of a transposed convolution, padding %s', (pad) => {
    for (const row of grid.filter((each) => each.dilation === 1 && (pad === 'same' || fits(each)))) {
      const {size, taps, stride} = row;
      const pixels = Math.ceil((pad === 'same' ? size : size - taps + 1) / stride);
      const run = (): Tensor => tf.conv2dTranspose(column(pixels), filterOf(taps), [1, size, 1, 1], stride, pad);
      const {must, counted} = movedBy('Conv2DBackpropInput', run);
      expect({...row, moved: counted}).toEqual({...row, moved: must});
    }
  });
});

describe('a column of pixels made another size', () => {
  const resize = {ResizeNearestNeighbor: tf.image.resizeNearestNeighbor, ResizeBilinear: tf.image.resizeBilinear};

  test.each(
    product({
      kernel: ['ResizeNearestNeighbor', 'ResizeBilinear'] as const,
      flags: [[false, false], [true, false], [false, true]] as const, // prettier-ignore
    }),
  )('by $kernel, corners aligned and centres of pixels: $flags', ({kernel, flags}) => {
    for (const row of product({from: [1, 2, 3, 6, 8], to: [1, 2, 3, 4, 6, 8]})) {
      const {must, counted} = movedBy(kernel, () => resize[kernel](column(row.from), [row.to, 1], ...flags));
      expect({...row, moved: counted}).toEqual({...row, moved: must});
    }
  });
});
