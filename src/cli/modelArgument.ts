/** MODEL on the command line: a path to model.json, its folder, or a URL. */
import {access, constants, stat} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {isLayersModel} from '../graph/graphDef.ts';
import {readWeightData} from '../graph/weights.ts';
import {asGraphModel} from '../layers/load.ts';
import {modelFileHandler, readModelFile} from '../load/modelFiles.ts';
import {ALL_TFJS} from '../run/allTfjs.ts';

const MODEL_FILE = 'model.json';

/** Returns a handler that reads the model, anew at each load: a LayersModel as the GraphModel that it is converted to. */
export function modelHandler(model: string): io.IOHandler {
  return {load: () => readModel(model)};
}

async function fetched<T>(url: string, get: (address: string) => Promise<T>): Promise<T> {
  try {
    return await get(addressOf(url));
  } catch (error) {
    throw new BlockFusionError('invalid-model', {
      where: url,
      must: 'must be a model.json that can be fetched, with its shards',
      got: causeOf(error),
      fix: 'check the address',
    });
  }
}

/**
 * Returns the artifacts of the model as a GraphModel, its weights in memory.
 * Throws: `invalid-model`, also where it is missing, which checkModels finds before, and `unsupported-model`.
 */
export async function readModel(model: string): Promise<io.ModelArtifacts> {
  const handler = isUrl(model)
    ? {load: () => fetched(model, (address) => ALL_TFJS.io.http(address).load!())}
    : modelFileHandler(model);
  const stored = await handler.load!();
  return asGraphModel(await readWeightData(stored));
}

/** Whether the model is stored as a LayersModel: reports say so. Throws: `invalid-model`. */
export async function isStoredInLayers(model: string): Promise<boolean> {
  const json = async (address: string): Promise<unknown> => (await fetch(address)).json();
  return isLayersModel(isUrl(model) ? ((await fetched(model, json)) as io.ModelArtifacts) : await readModelFile(model));
}

/**
 * Checks that there is a model.json at each path or URL, and that those at paths can be read: before anything is done.
 * Throws: `invalid-option` where there is none, `invalid-model`.
 */
export async function checkModels(models: readonly string[]): Promise<void> {
  for (const model of models) {
    const missing = isUrl(model) ? await missingAtUrl(addressOf(model)) : await missingAtPath(model);
    if (missing !== null)
      throw new BlockFusionError('invalid-option', {
        where: model,
        must: 'must be a model.json that can be read, its folder, or its URL',
        got: missing,
        fix: 'correct the path or the address',
      });
    if (!isUrl(model)) await readModelFile(model);
  }
}

/** Returns why there is no file to read; null where there is one. */
async function missingAtPath(model: string): Promise<unknown> {
  const path = model.startsWith('file:') ? fileURLToPath(model) : model;
  try {
    const file = (await stat(path)).isDirectory() ? join(path, MODEL_FILE) : path;
    await access(file, constants.R_OK);
    return (await stat(file)).isFile() ? null : 'no file';
  } catch (cause) {
    return cause;
  }
}

async function missingAtUrl(url: string): Promise<unknown> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok ? null : `${response.status} ${response.statusText}`.trimEnd();
  } catch (error) {
    return causeOf(error);
  }
}

/** Returns a short name of the model, for a heading: its file's, or where that is model.json its folder's or host's. */
export function modelName(model: string): string {
  const {pathname, host} = isUrl(model) ? new URL(model) : {pathname: resolve(model), host: ''};
  const parts = pathname.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== MODEL_FILE);
  return parts.pop() ?? (host === '' ? model : host);
}

function addressOf(url: string): string {
  return url.endsWith('/') ? `${url}${MODEL_FILE}` : url;
}

/** What is behind fetch's own "fetch failed". */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

function isUrl(model: string): boolean {
  return /^https?:\/\//i.test(model);
}

/** Returns the names, with a number behind one that another before it has. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let number = 2; taken.has(own); number++) own = `${name}-${number}`;
    taken.add(own);
    return own;
  });
}
