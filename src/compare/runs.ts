/** Runs of a loaded model: what is compiled before the first, one to its end, one for its outputs, one to be timed. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {warmup} from '../load.ts';
import type {Side} from './interleave.ts';
import type {AllTfjs} from './tfjs.ts';

/** Compiles what the backend compiles at run time for inputs of these shapes: until then blocks run on stock ops. */
export async function compileBefore(tf: AllTfjs, model: GraphModel, inputs: NamedTensorMap): Promise<void> {
  if (tf.getBackend() === 'webgpu') await warmup(model, inputs[model.inputs[0]!.name]!.shape);
}

/** Runs the model and lets the result go. On cpu and wasm the work is done when it returns; to a GPU it is sent. */
export function runOnce(model: GraphModel, inputs: NamedTensorMap): void {
  for (const output of predict(model, inputs)) output.dispose();
}

/** Returns a timed run of the model. On webgpu it ends when its outputs were read back, which is part of its time: nothing less tells. */
export function sideOf(tf: AllTfjs, model: GraphModel, inputs: NamedTensorMap): Side {
  if (tf.getBackend() === 'webgpu')
    return async () => {
      await outputsOf(model, inputs);
    };
  return () => {
    runOnce(model, inputs);
  };
}

/** Returns the values of every output, in the model's own order. */
export async function outputsOf(model: GraphModel, inputs: NamedTensorMap): Promise<ArrayLike<number>[]> {
  const outputs = predict(model, inputs);
  try {
    return await Promise.all(outputs.map((output) => output.data()));
  } finally {
    for (const output of outputs) output.dispose();
  }
}

/** Always a list, named and by name sorted outputs included. */
function predict(model: GraphModel, inputs: NamedTensorMap): Tensor[] {
  const result = model.execute(
    inputs,
    model.outputs.map(({name}) => name),
  );
  return Array.isArray(result) ? result : [result];
}
