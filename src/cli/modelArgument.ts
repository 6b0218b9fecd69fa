/** MODEL on the command line: a path to model.json, its folder, or a URL. */
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {readWeightData} from '../graph/weights.ts';
import {checkModelFile, modelFileHandler} from '../load/modelFiles.ts';
import {ALL_TFJS} from '../run/allTfjs.ts';

const MODEL_FILE = 'model.json';

/** Returns a handler that reads the model, as often as it is asked to. */
export function modelHandler(model: string): io.IOHandler {
  return isUrl(model) ? {load: () => fetchModel(model)} : modelFileHandler(model);
}

async function fetchModel(url: string): Promise<io.ModelArtifacts> {
  try {
    return await ALL_TFJS.io.http(url.endsWith('/') ? `${url}${MODEL_FILE}` : url).load!();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new BlockFusionError('invalid-model', {
      where: url,
      must: 'must be the model.json of a GraphModel that can be fetched, with its shards',
      got: cause,
      fix: 'check the address',
    });
  }
}

/**
 * Returns the model's artifacts, its weights in memory.
 * Throws: `invalid-model`, `unsupported-model`.
 */
export async function readModel(model: string): Promise<io.ModelArtifacts> {
  return readWeightData(await modelHandler(model).load!());
}

/**
 * Checks that each model has a model.json; of those at URLs that is known when they are fetched.
 * Throws: `invalid-model`, `unsupported-model`.
 */
export async function checkModels(models: readonly string[]): Promise<void> {
  for (const model of models) if (!isUrl(model)) await checkModelFile(model);
}

/** Returns a short name of the model, for a heading: its file's, or where that is model.json its folder's or host's. */
export function modelName(model: string): string {
  const {pathname, host} = isUrl(model) ? new URL(model) : {pathname: model, host: ''};
  const parts = pathname.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== MODEL_FILE);
  return parts.pop() ?? (host === '' ? model : host);
}

function isUrl(model: string): boolean {
  return /^https?:\/\//i.test(model);
}

/** Returns the names, with a number behind one that another before it has. */
export function toldApart(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let number = 2; taken.has(own); number++) own = `${name}-${number}`;
    taken.add(own);
    return own;
  });
}
