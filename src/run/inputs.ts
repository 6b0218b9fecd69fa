/** Seeded random inputs for a model, in the shapes that it states or that the user gives. */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {bareName, type Graph} from '../graph/graph.ts';
import {closedInputShape, statedShape} from '../graph/inputs.ts';

/** The inputs that a model is run on. */
export interface InputOptions {
  /** Shapes by input name, where the model leaves a size open or another one is wanted. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** The first axis, where the model leaves it open. */
  readonly batch?: number | undefined;
  /** Of their random numbers. Default 1. */
  readonly seed?: number | undefined;
}

/** An input of a model as the model states it: −1 where a size is open, no shape where even the rank is. */
export interface StatedInput {
  readonly name: string;
  readonly shape?: readonly number[] | undefined;
}

export interface ModelInput extends StatedInput {
  readonly dtype: string;
}

/**
 * Returns the shape of the model's first input that the options give, by name or, where the model leaves no more than the batch open,
 * by `batch`; undefined where they give none. It is the `inputShape` of FuseOptions.
 * Throws: `invalid-option` where there is no such input, or a shape does not fit it.
 */
export function givenInputShape(graph: Graph, {shapes = {}, batch}: InputOptions): readonly number[] | undefined {
  const inputs = statedInputs(graph);
  const [first] = inputs;
  if (first === undefined) return undefined;
  const given = givenShapes(inputs, shapes).get(first.name);
  const closed = batch === undefined ? null : closedInputShape(graph);
  const isBatchOpen = isOpen(first.shape?.[0]);
  return given ?? (closed && isBatchOpen ? [batch!, ...closed.slice(1)] : undefined);
}

/** Returns the inputs that a graph states. */
export function statedInputs(graph: Graph): StatedInput[] {
  return graph.inputs.map(({node}) => ({name: node.name, shape: statedShape(graph, node) ?? undefined}));
}

/** Returns the inputs that a loaded model states. */
export function modelInputs(model: GraphModel): ModelInput[] {
  return model.inputs.map(({name, shape, dtype}) => ({name, shape, dtype}));
}

/** Returns a tensor for every input: floats uniform in ±1, whole numbers and booleans 0 or 1. */
export function randomInputs(inputs: readonly ModelInput[], options: InputOptions = {}): NamedTensorMap {
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
  const given = givenShapes(inputs, shapes);
  return Object.fromEntries(
    inputs.map((input) => {
      const shape = given.get(input.name) ?? shapeWithBatch(input, batch);
      checkShape(input, shape);
      return [input.name, shape];
    }),
  );
}

/**
 * Returns the given shapes by the names of their inputs.
 * Throws: `invalid-option` where there is no such input, or the shape does not fit it.
 */
function givenShapes(
  inputs: readonly StatedInput[],
  shapes: NonNullable<InputOptions['shapes']>,
): Map<string, readonly number[]> {
  const given = new Map<string, readonly number[]>();
  for (const [name, shape] of Object.entries(shapes)) {
    const input = inputs.find((each) => each.name === bareName(name));
    if (input === undefined)
      throw new BlockFusionError('invalid-option', {
        where: '--shape',
        must: `must name an input of the model (${inputs.map((each) => each.name).join(', ')})`,
        got: name,
        fix: 'correct the name',
      });
    checkShape(input, shape);
    given.set(input.name, shape);
  }
  return given;
}

const isOpen = (size: number | undefined): boolean => size === undefined || size < 0;

function shapeWithBatch({shape = [-1]}: ModelInput, batch: number): readonly number[] {
  return isOpen(shape[0]) && shape.length > 1 ? [batch, ...shape.slice(1)] : shape;
}

function checkShape({name, shape: stated}: StatedInput, shape: readonly number[]): void {
  const fits = (size: number, i: number): boolean => isOpen(size) || size === shape[i];
  const agrees = stated === undefined || (stated.length === shape.length && stated.every(fits));
  if (!agrees || shape.some(isOpen))
    throw new BlockFusionError('invalid-option', {
      where: '--shape',
      must: `input '${name}' needs a shape with every size known that fits ${describeShape(stated)}`,
      got: describeShape(shape),
      fix: `give one, as in ${exampleShape({name, shape: stated})}`,
    });
}

/** Height and width of the example. */
const USUAL_SIZE = 224;

/** Returns what to type for an input whose size is open: `--shape image=1,224,224,3`. */
export function exampleShape({name, shape = [-1, -1, -1, 3]}: StatedInput): string {
  const sizes = shape.map((size, axis) => (!isOpen(size) ? size : axis === 0 ? 1 : USUAL_SIZE));
  return `--shape ${name}=${sizes.join(',')}`;
}

/** Returns a shape as text, `?` for an open size. */
export function describeShape(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'any shape' : `[${shape.map((size) => (isOpen(size) ? '?' : size)).join(', ')}]`;
}
