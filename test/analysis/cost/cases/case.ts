/** A call of a kernel, and what it costs by a count that knows nothing of the rules; the lists beside this file are of such. */
import type {Tensor} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../../../src/run/allTfjs.ts';

export interface Case {
  readonly kernel: string;
  readonly run: () => Tensor | Tensor[];
  /** A case of its own where a kernel has several. */
  readonly title?: string;
  /** Backends that have the kernel, but not this call. */
  readonly notOn?: readonly string[];
  readonly macs?: number;
  /** Beside the MACs. */
  readonly ops?: number;
  /** Elements, read and written. */
  readonly moved: number;
  /** Elements that have to be read beyond that, for these numbers, where shapes alone do not say it. */
  readonly unforeseen?: number;
}

export const tensor = (...shape: number[]): Tensor => tf.randomUniform(shape, 0.5, 2, 'float32', 1);
export const tensor4 = tensor as (...shape: number[]) => ReturnType<typeof tf.tensor4d>;
export const tensor3 = tensor as (...shape: number[]) => ReturnType<typeof tf.tensor3d>;
export const vector = tensor as (...shape: number[]) => ReturnType<typeof tf.tensor1d>;

/** 0, 1, 0, 1 and so on. */
export const flags = (...shape: number[]): Tensor => {
  const size = loops(...shape);
  return tf.tensor(
    Array.from({length: size}, (_, i) => i % 2),
    shape,
    'bool',
  );
};

export const index = (...at: number[]): Tensor => tf.tensor1d(at, 'int32');

/** Counts the innermost step of nested loops. */
export function loops(...ends: number[]): number {
  let steps = 0;
  const nest = (depth: number): void => {
    if (depth === ends.length) steps++;
    else for (let i = 0; i < ends[depth]!; i++) nest(depth + 1);
  };
  nest(0);
  return steps;
}

/** A case's name. */
export const titleOf = ({kernel, title}: Case): string => [kernel, title].filter(Boolean).join(', ');

/** How many pixels of an image a window covers that steps over it, no padding. */
export function covered(size: number, {window, stride}: {window: number; stride: number}): number {
  const rows = new Set<number>();
  for (let at = 0; at + window <= size; at += stride) for (let tap = 0; tap < window; tap++) rows.add(at + tap);
  return rows.size ** 2;
}
