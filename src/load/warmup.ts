/** The first run of a model, ahead of the first prediction. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import {dispose, zeros} from '@tensorflow/tfjs-core';
import {compileModel} from './compileAhead.ts';

/** What a warm-up did. */
export interface Warmup {
  /** Pipelines that were compiled; 0 on backends that have none. */
  readonly pipelines: number;
  /** How long it took. Units: milliseconds. */
  readonly ms: number;
}

/**
 * Runs a model once on zeros, which compiles and allocates what its first prediction would; on webgpu all is compiled before, and
 * the page does not wait for it. Run no other model meanwhile.
 * Shapes: `inputShape` of the first input; sizes that other inputs leave open are taken as 1.
 * Throws: what tfjs throws where the model does not run at this shape.
 */
export async function warmup(model: GraphModel, inputShape: readonly number[]): Promise<Warmup> {
  const start = performance.now();
  const inputs: NamedTensorMap = {};
  let outputs: Tensor[] = [];
  let pipelines: number;
  try {
    for (const [i, {name, shape = [], dtype}] of model.inputs.entries())
      inputs[name] = zeros(i === 0 ? [...inputShape] : shape.map((size) => Math.max(size, 1)), dtype);
    pipelines = await compileModel(model, inputs);
    outputs = [model.execute(inputs)].flat();
    await Promise.all(outputs.map((output) => output.data()));
  } finally {
    dispose([inputs, outputs]);
  }
  return {pipelines, ms: performance.now() - start};
}
