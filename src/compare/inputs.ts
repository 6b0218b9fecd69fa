/** Seeded random inputs for a model, in the shapes that it states or that the user gives. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import type {AllTfjs} from './tfjs.ts';

export interface InputOptions {
  /** Shapes by input name, where the model leaves a size open or another one is wanted. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** The first axis, where the model leaves it open. */
  readonly batch?: number | undefined;
  readonly seed?: number | undefined;
}

/** An input of a model as the model states it: −1 where a size is open, no shape where even the rank is. */
export interface ModelInput {
  readonly name: string;
  readonly shape?: readonly number[] | undefined;
  readonly dtype: string;
}

/** Returns the inputs that a loaded model states. */
export function modelInputs(model: GraphModel): ModelInput[] {
  return model.inputs.map(({name, shape, dtype}) => ({name, shape, dtype}));
}

/** Returns a tensor for every input: floats uniform in ±1, whole numbers and booleans 0 or 1. */
export function randomInputs(tf: AllTfjs, inputs: readonly ModelInput[], options: InputOptions = {}): NamedTensorMap {
  const shapes = inputShapes(inputs, options);
  const seed = options.seed ?? 1;
  const tensors = inputs.map(({name, dtype}, i) => {
    const shape = [...shapes[name]!];
    if (dtype === 'float32') return [name, tf.randomUniform(shape, -1, 1, 'float32', seed + i)];
    return [name, tf.tidy(() => tf.cast(tf.randomUniform(shape, 0, 2, 'int32', seed + i), dtype as 'int32' | 'bool'))];
  });
  return Object.fromEntries(tensors) as NamedTensorMap;
}

/**
 * Returns every input's shape, with no size left open.
 * Throws: `invalid-option` where a size is open and not given, or a given shape does not fit.
 */
export function inputShapes(
  inputs: readonly ModelInput[],
  {shapes = {}, batch = 1}: InputOptions,
): Record<string, readonly number[]> {
  const unknown = Object.keys(shapes).find((name) => !inputs.some((input) => input.name === bare(name)));
  if (unknown !== undefined)
    throw new BlockFusionError('invalid-option', {
      where: '--shape',
      must: `must name an input of the model (${inputs.map(({name}) => name).join(', ')})`,
      got: unknown,
      fix: 'correct the name',
    });
  const given = new Map(Object.entries(shapes).map(([name, shape]) => [bare(name), shape]));
  return Object.fromEntries(
    inputs.map((input) => {
      const shape = given.get(input.name) ?? statedShape(input, batch);
      checkShape(input, shape);
      return [input.name, shape];
    }),
  );
}

/** `input:0` is the first output of the node `input`. */
const bare = (name: string): string => name.replace(/:0$/, '');

const isOpen = (size: number | undefined): boolean => size === undefined || size < 0;

function statedShape({shape = [-1]}: ModelInput, batch: number): readonly number[] {
  return isOpen(shape[0]) && shape.length > 1 ? [batch, ...shape.slice(1)] : shape;
}

function checkShape({name, shape: stated}: ModelInput, shape: readonly number[]): void {
  const fits = (size: number, i: number): boolean => isOpen(size) || size === shape[i];
  const agrees = stated === undefined || (stated.length === shape.length && stated.every(fits));
  if (!agrees || shape.some(isOpen))
    throw new BlockFusionError('invalid-option', {
      where: '--shape',
      must: `input '${name}' needs a shape with every size known that fits ${describeShape(stated)}`,
      got: describeShape(shape),
      fix: `give one, as in --shape ${name}=1,224,224,3`,
    });
}

/** Returns a shape as text, `?` for an open size. */
export function describeShape(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'any shape' : `[${shape.map((size) => (isOpen(size) ? '?' : size)).join(', ')}]`;
}
