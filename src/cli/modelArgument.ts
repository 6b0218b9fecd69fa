/** MODEL on the command line: a path to model.json, its folder, or a URL. */
import {access, constants, stat} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {readWeightData} from '../graph/weights.ts';
import {checkModelFile, modelFileHandler} from '../load/modelFiles.ts';
import {ALL_TFJS} from '../run/allTfjs.ts';

const MODEL_FILE = 'model.json';

/** Returns a handler that reads the model, anew at each load. */
export function modelHandler(model: string): io.IOHandler {
  return isUrl(model) ? {load: () => fetchModel(model)} : modelFileHandler(model);
}

async function fetchModel(url: string): Promise<io.ModelArtifacts> {
  try {
    return await ALL_TFJS.io.http(addressOf(url)).load!();
  } catch (error) {
    throw new BlockFusionError('invalid-model', {
      where: url,
      must: 'must be the model.json of a GraphModel that can be fetched, with its shards',
      got: causeOf(error),
      fix: 'check the address',
    });
  }
}

/**
 * Returns the model's artifacts, its weights in memory.
 * Throws: `invalid-model`, also where it is missing, which checkModels finds before, and `unsupported-model`.
 */
export async function readModel(model: string): Promise<io.ModelArtifacts> {
  return readWeightData(await modelHandler(model).load!());
}

/**
 * Checks that there is a model.json at each path or URL, and that those at paths are of GraphModels: before anything is done.
 * Throws: `invalid-option` where there is none, `invalid-model`, `unsupported-model`.
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
    if (!isUrl(model)) await checkModelFile(model);
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
