/** Runs of a loaded model: compiled ahead, run once, run to be timed, and run for its outputs or for values inside. */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {warmup} from '../load/warmup.ts';
import type {CompleteRun} from './interleave.ts';
import {isSynchronous} from './tracedRun.ts';

/** Compiles what the backend compiles at run time for inputs of these shapes: until then blocks run on stock ops. */
export async function compileBefore(model: GraphModel, inputs: NamedTensorMap): Promise<void> {
  if (tf.getBackend() === 'webgpu') await warmup(model, inputs[model.inputs[0]!.name]!.shape);
}

/** Runs the model and disposes the outputs. On a synchronous backend the work is then done; on another it is submitted. */
export function runOnce(model: GraphModel, inputs: NamedTensorMap): void | Promise<void> {
  const outputs = predict(model, inputs);
  if (outputs instanceof Promise) return outputs.then(disposeEach);
  disposeEach(outputs);
}

/**
 * Returns a run of the model at whose end its work is done, to be timed. Where a backend only submits work, the run reads its outputs
 * back, which is part of its time: nothing less tells that the work is done.
 */
export function completeRun(model: GraphModel, inputs: NamedTensorMap): CompleteRun {
  if (isSynchronous()) return () => runOnce(model, inputs);
  return async () => {
    await outputsOf(model, inputs);
  };
}

/** Returns the values of every output, in the model's own order. */
export async function outputsOf(model: GraphModel, inputs: NamedTensorMap): Promise<ArrayLike<number>[]> {
  return (await read(await predict(model, inputs))).map(({values}) => values);
}

/** What a tensor held. */
export interface TensorValues {
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

/** Returns what the nodes of these names, or `name:port`, give in a run. None of them may be an input. */
export async function valuesOf(
  model: GraphModel,
  inputs: NamedTensorMap,
  names: readonly string[],
): Promise<TensorValues[]> {
  if (names.length === 0) return [];
  return read(await execute(model, inputs, [...names]));
}

async function read(tensors: readonly Tensor[]): Promise<TensorValues[]> {
  try {
    return await Promise.all(tensors.map(async (tensor) => ({dtype: tensor.dtype, values: await tensor.data()})));
  } finally {
    disposeEach(tensors);
  }
}

function disposeEach(outputs: readonly Tensor[]): void {
  for (const output of outputs) output.dispose();
}

/** Models that tfjs runs only by executeAsync: with control flow, or with outputs whose size depends on data. */
const dynamic = new WeakSet<GraphModel>();

/** Whether tfjs runs the model only by executeAsync; false before its first run. */
export function isDynamic(model: GraphModel): boolean {
  return dynamic.has(model);
}

/** The model's outputs, always as a list. */
function predict(model: GraphModel, inputs: NamedTensorMap): Tensor[] | Promise<Tensor[]> {
  const names = model.outputs.map(({name}) => name);
  if (dynamic.has(model)) return model.executeAsync(inputs, names).then(asList);
  const outputs = execute(model, inputs, names);
  if (outputs instanceof Promise) dynamic.add(model);
  return outputs;
}

/** A promise where tfjs runs these nodes only by executeAsync: it says so before anything runs. */
function execute(model: GraphModel, inputs: NamedTensorMap, names: string[]): Tensor[] | Promise<Tensor[]> {
  try {
    return asList(model.execute(inputs, names));
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('model.executeAsync()'))) throw error;
    return model.executeAsync(inputs, names).then(asList);
  }
}

function asList(outputs: Tensor | Tensor[]): Tensor[] {
  return Array.isArray(outputs) ? outputs : [outputs];
}
