/** Reading a model from its model.json and shards, wherever they lie, with errors in plain words. */
import type {io} from '@tensorflow/tfjs-core';
import {type ModelJson, parseModelJson, readShards, type ShardOptions} from '../../../src/load/modelJson.ts';
import {PlainError} from '../run/failure.ts';

export type ReadOptions = ShardOptions;

/** Returns the artifacts of a model. Throws: PlainError, and what reading a shard throws. */
export async function readModel(text: string, options: ReadOptions): Promise<io.ModelArtifacts> {
  const model = parsed(text, options.where);
  try {
    return await readShards(model, options);
  } catch (error) {
    if (error instanceof PlainError) throw error;
    throw new PlainError(
      'model',
      `The weight files do not hold what ${options.where} lists: one is cut off, too long, or of another model. Copy or convert the model again, with all its files.`,
      error,
    );
  }
}

function parsed(text: string, where: string): ModelJson {
  try {
    return parseModelJson(text, where);
  } catch (error) {
    throw new PlainError('model', whyNoModel(text, where), error);
  }
}

function whyNoModel(text: string, where: string): string {
  try {
    JSON.parse(text);
  } catch {
    return `${where} is broken: it is not JSON, or was cut off on its way. Copy or convert the model again.`;
  }
  return `${where} is not a TensorFlow.js model: it has no modelTopology. Give the model.json that tensorflowjs_converter or model.save() wrote.`;
}
