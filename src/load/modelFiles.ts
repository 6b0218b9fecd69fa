/**
 * A model as files, in Node and without tfjs-node: model.json and its shards, named as the converter names them. Reading
 * says which file is at fault; writing is all or nothing.
 */
import type {io} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../../ops/errors.ts';
import {readWeightData} from '../graph/weights.ts';
import {type ModelJson, parseModelJson, readShards, REFETCH} from './modelJson.ts';
import {type NodeFs, type NodeModules, nodeModules} from './nodeModules.ts';

const MODEL_FILE = 'model.json';
/** What the converter cuts weights into. Units: bytes. */
const SHARD_BYTES = 4 * 2 ** 20;

export interface ReadOptions {
  readonly onProgress?: io.OnProgressCallback | undefined;
}

export interface WriteOptions {
  /** Replace a model that is in the folder already. */
  readonly force?: boolean | undefined;
}

/** Returns a handler that loads a model from a path to its model.json, to the folder of it, or a `file:` URL. */
export function modelFileHandler(path: string, options: ReadOptions = {}): io.IOHandler {
  return {load: () => readModelFiles(path, options)};
}

/**
 * Returns the artifacts in a model.json (given by its path, its folder or a `file:` URL) and its shards.
 * Throws: `invalid-model` where a file is missing, malformed or of the wrong length.
 */
export async function readModelFiles(path: string, {onProgress}: ReadOptions = {}): Promise<io.ModelArtifacts> {
  const node = await nodeModules();
  const file = await modelFileOf(path, node);
  return readShards(await readModelJson(file, node), {
    where: file,
    read: (shard) => readBuffer(shardFile(shard, file, node), node),
    onProgress,
  });
}

/**
 * Returns what a model.json says beside its weights; shards are not looked at.
 * Throws: `invalid-model` where there is none.
 */
export async function readModelFile(path: string): Promise<io.ModelArtifacts> {
  const node = await nodeModules();
  return readModelJson(await modelFileOf(path, node), node);
}

async function modelFileOf(path: string, {fs, path: paths, url}: NodeModules): Promise<string> {
  const local = path.startsWith('file:') ? url.fileURLToPath(path) : path;
  try {
    return (await fs.stat(local)).isDirectory() ? paths.join(local, MODEL_FILE) : local;
  } catch (cause) {
    throw unreadable(local, cause, 'give the path of a model.json or of its folder');
  }
}

async function readModelJson(file: string, {fs}: NodeModules): Promise<ModelJson> {
  const text = await fs.readFile(file, 'utf8').catch((cause: unknown) => {
    throw unreadable(file, cause, 'give the path of a model.json or of its folder');
  });
  return parseModelJson(text, file);
}

/**
 * Returns where a shard lies: in the folder of model.json or below, whatever the manifest says. A model from the web must not have
 * other files of this machine read as its weights, and written into what is made of it.
 * Throws: `invalid-model`.
 */
function shardFile(shard: string, file: string, {path}: NodeModules): string {
  const folder = path.resolve(path.dirname(file));
  const found = path.resolve(folder, shard);
  if (!path.isAbsolute(shard) && found.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep))
    return path.join(path.dirname(file), shard);
  throw new BlockFusionError('invalid-model', {
    where: `${file}: weightsManifest`,
    must: 'paths must be of files in the folder of model.json',
    got: shard,
    fix: 'copy the shards beside model.json, and name them so',
  });
}

/** What is read at a time: Node aborts where it is asked for 2 GiB. */
const MAX_READ_BYTES = 2 ** 30;

/** Reads a file into a buffer of its own: tfjs reads whole ArrayBuffers, and Node's Buffers may share one. */
async function readBuffer(file: string, {fs}: NodeModules): Promise<ArrayBuffer> {
  try {
    // To open a pipe would wait for a writer.
    if (!(await fs.stat(file)).isFile()) throw new Error('no file');
    const handle = await fs.open(file);
    try {
      const {size} = await handle.stat();
      const bytes = new Uint8Array(size);
      let end = 0;
      while (end < size) {
        const {bytesRead} = await handle.read(bytes, end, Math.min(size - end, MAX_READ_BYTES), end);
        if (bytesRead === 0) break;
        end += bytesRead;
      }
      return end === size ? bytes.buffer : bytes.buffer.slice(0, end);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(file, cause, REFETCH);
  }
}

function unreadable(where: string, cause: unknown, fix: string): BlockFusionError {
  return new BlockFusionError('invalid-model', {where, must: 'must be a file that can be read', got: cause, fix});
}

/**
 * Writes model.json and shards into a folder that must not exist yet; with `force` it may hold a model, which is replaced.
 * Everything is written beside the folder first and renamed at the end, so that no half of a model is ever there.
 * Returns: the bytes of all files.
 * Throws: `output` where the folder exists or cannot be written; then nothing has changed.
 */
export async function writeModelFiles(
  artifacts: io.ModelArtifacts,
  folder: string,
  {force = false}: WriteOptions = {},
): Promise<number> {
  const node = await nodeModules();
  const {fs} = node;
  const target = node.path.resolve(folder);
  const exists = await checkTarget(target, {force, fs});
  const complete = await readWeightData(artifacts);
  const suffix = `${process.pid}-${Date.now()}`;
  const fresh = `${target}.partial-${suffix}`;
  const stale = `${target}.replaced-${suffix}`;
  let firstMade: string | undefined;
  let bytes: number;
  try {
    firstMade = await makeFolders(fresh, node);
    bytes = await writeInto(complete, fresh, node);
    if (exists) await fs.rename(target, stale);
    await fs.rename(fresh, target).catch(async (cause: unknown) => {
      if (exists) await fs.rename(stale, target);
      throw cause;
    });
  } catch (cause) {
    await fs.rm(firstMade ?? fresh, {recursive: true, force: true});
    throw new BlockFusionError('output', {
      where: target,
      must: 'must be a folder that can be written',
      got: cause,
      fix: 'nothing was changed: free some space or choose another folder',
    });
  }
  await fs.rm(stale, {recursive: true, force: true});
  return bytes;
}

/**
 * Makes a folder and the missing ones above it; returns the topmost that was made. Node's own `recursive` never returns where the
 * one above exists and can hold no folders (/proc).
 */
async function makeFolders(folder: string, node: NodeModules): Promise<string | undefined> {
  const {fs, path} = node;
  try {
    await fs.mkdir(folder);
    return folder;
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return undefined;
    if (code !== 'ENOENT') throw cause;
  }
  const above = await makeFolders(path.dirname(folder), node);
  await fs.mkdir(folder);
  return above ?? folder;
}

/**
 * Checks that a model can be written here, and returns whether there is a folder to replace. One that holds anything but a model is not,
 * even by force.
 * Throws: `output`.
 */
export async function checkModelFolder(folder: string, {force = false}: WriteOptions = {}): Promise<boolean> {
  const {fs, path} = await nodeModules();
  return checkTarget(path.resolve(folder), {force, fs});
}

async function checkTarget(target: string, {force, fs}: {force: boolean; fs: NodeFs}): Promise<boolean> {
  const files = await fs.readdir(target).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BlockFusionError('output', {
      where: target,
      must: 'must be a folder',
      got: cause,
      fix: 'choose another folder',
    });
  });
  if (files === null) return false;
  const refuse = (must: string, got: string, fix: string): never => {
    throw new BlockFusionError('output', {where: target, must, got, fix});
  };
  if (!force) refuse('must not exist', 'a folder', 'choose another folder, or replace it with force');
  const foreign = files.find((file) => file !== MODEL_FILE && !file.endsWith('.bin'));
  if (foreign !== undefined)
    refuse('may be replaced only if it holds nothing but a model', foreign, 'choose another folder');
  return true;
}

async function writeInto(
  {weightSpecs = [], weightData = [], ...rest}: io.ModelArtifacts,
  folder: string,
  {fs, path}: NodeModules,
): Promise<number> {
  const shards = shardsOf(Array.isArray(weightData) ? weightData : [weightData]);
  const paths = shards.map((_, i) => `group1-shard${i + 1}of${shards.length}.bin`);
  let written = 0;
  for (const [i, shard] of shards.entries()) {
    await fs.writeFile(path.join(folder, paths[i]!), shard);
    written += shard.reduce((bytes, piece) => bytes + piece.length, 0);
  }
  const weightsManifest = [{paths, weights: weightSpecs}];
  const json = new TextEncoder().encode(JSON.stringify({...rest, weightsManifest}));
  await fs.writeFile(path.join(folder, MODEL_FILE), json);
  return written + json.length;
}

/** Cuts the buffers, read as one, into shards: each a list of views, so that nothing is copied. */
function shardsOf(buffers: readonly ArrayBuffer[]): Uint8Array[][] {
  const shards: Uint8Array[][] = [];
  let shard: Uint8Array[] = [];
  let room = 0;
  for (const buffer of buffers)
    for (let start = 0; start < buffer.byteLength;) {
      if (room === 0) {
        shards.push((shard = []));
        room = SHARD_BYTES;
      }
      const length = Math.min(room, buffer.byteLength - start);
      shard.push(new Uint8Array(buffer, start, length));
      start += length;
      room -= length;
    }
  return shards;
}
