/** MODEL on the command line: a path to model.json, its folder, or a URL. */
import {basename, dirname} from 'node:path';
import type {io} from '@tensorflow/tfjs-core';
import {readWeightData} from '../graph/weights.ts';
import {modelFileHandler} from '../modelFiles.ts';
import {OWN_TFJS} from '../register.ts';

const MODEL_FILE = 'model.json';

/** Returns a handler that reads the model, as often as it is asked to. */
export function modelHandler(model: string): io.IOHandler {
  if (!isUrl(model)) return modelFileHandler(model);
  return OWN_TFJS.io.http(model.endsWith('/') ? `${model}${MODEL_FILE}` : model);
}

/**
 * Returns the model's artifacts, its weights in memory.
 * Throws: `invalid-model`, `unsupported-model`, and what a request throws.
 */
export async function readModel(model: string): Promise<io.ModelArtifacts> {
  return readWeightData(await modelHandler(model).load!());
}

/** Returns a short name of the model, for a heading: its folder's, or its file's where that is not called model.json. */
export function modelName(model: string): string {
  const path = isUrl(model) ? new URL(model).pathname : model;
  return basename(path) === MODEL_FILE ? basename(dirname(path)) || path : basename(path) || path;
}

function isUrl(model: string): boolean {
  return /^https?:\/\//i.test(model);
}
