/** A model among dropped files: its model.json, and the shards that this lists, by their paths or bare names. */
import type {io} from '@tensorflow/tfjs-core';
import {PlainError} from '../run/failure.ts';
import type {PickedFile} from '../run/protocol.ts';
import {foreignModel} from './foreignModels.ts';
import {readModel} from './readModel.ts';

const MODEL_FILE = 'model.json';
/** A model.json is read as text. Units: bytes. */
const MAX_JSON_BYTES = 2 ** 28;

/** Returns the artifacts of the model among these files; each file is read once. Throws: PlainError. */
export async function modelOfFiles(
  files: readonly PickedFile[],
  onProgress: (done: number) => void,
): Promise<io.ModelArtifacts> {
  const model = await findModelFile(files);
  const folder = model.path.slice(0, model.path.lastIndexOf('/') + 1);
  const text = await contents(model, (file) => file.text());
  checkShards(text, (shard) => findShard(shard, folder, files) !== undefined, model.path);
  return readModel(text, {
    where: model.path,
    read: async (shard) => contents(findShard(shard, folder, files)!, (file) => file.arrayBuffer()),
    onProgress,
  });
}

/** Returns the model's JSON: that of the usual name, or the only one that has a modelTopology. */
async function findModelFile(files: readonly PickedFile[]): Promise<PickedFile> {
  const named = files.filter(({path}) => bareName(path) === MODEL_FILE);
  const found = named.length > 0 ? named : await jsonModels(files);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined)
    throw new PlainError(
      'model',
      `There are ${found.length} models in what you gave: ${listed(found.map(({path}) => path))}. Give the folder of one.`,
    );
  throw new PlainError('model', noModel(files));
}

async function jsonModels(files: readonly PickedFile[]): Promise<PickedFile[]> {
  const json = files.filter(({path, file}) => /\.json$/i.test(path) && file.size <= MAX_JSON_BYTES);
  // A single one is taken at its word, so that what is wrong with it is told.
  if (json.length === 1) return json;
  const isModel = async (each: PickedFile): Promise<boolean> =>
    (await contents(each, (file) => file.text())).includes('"modelTopology"');
  const models = await Promise.all(json.map(isModel));
  return json.filter((_, i) => models[i]);
}

function noModel(files: readonly PickedFile[]): string {
  if (files.length === 0)
    return 'There is no file in what you gave. Give the folder of a model: model.json and its .bin files.';
  const foreign = files.map(({path}) => foreignModel(path)).find((words) => words !== null);
  if (foreign !== undefined) return foreign;
  if (files.every(({path}) => /\.bin$/i.test(path)))
    return 'These are only weight files (.bin). Give model.json with them: the whole folder is best.';
  return `There is no model.json in what you gave (${listed(files.map(({path}) => bareName(path)))}). Give a folder with model.json and its .bin files.`;
}

/** Tells all that is missing at once, before anything is read. What is broken in the JSON is told by who reads it. */
function checkShards(text: string, isThere: (shard: string) => boolean, where: string): void {
  const missing = shardsOf(text).filter((shard) => !isThere(shard));
  if (missing.length === 0) return;
  const files = missing.length === 1 ? 'A weight file is missing' : `${missing.length} weight files are missing`;
  throw new PlainError(
    'model',
    `${files}: ${listed(missing)}. ${where} lists ${missing.length === 1 ? 'it' : 'them'}: give the whole folder.`,
  );
}

function shardsOf(text: string): string[] {
  try {
    const {weightsManifest = []} = JSON.parse(text) as {weightsManifest?: io.WeightsManifestConfig};
    return weightsManifest.flatMap(({paths}) => paths).filter((path) => typeof path === 'string');
  } catch {
    return [];
  }
}

function findShard(shard: string, folder: string, files: readonly PickedFile[]): PickedFile | undefined {
  const path = normalized(folder + shard);
  return (
    files.find((each) => normalized(each.path) === path) ??
    files.find((each) => bareName(each.path) === bareName(shard))
  );
}

/** Without `.` and `..`. */
function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  return parts.join('/');
}

function bareName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

const LISTED = 3;

function listed(names: readonly string[]): string {
  const first = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${first} and ${names.length - LISTED} more` : first;
}

async function contents<T>({path, file}: PickedFile, read: (file: File) => Promise<T>): Promise<T> {
  try {
    return await read(file);
  } catch (error) {
    throw new PlainError(
      'model',
      `${path} could not be read: it was moved or changed since you gave it, or is too large for this browser. Give the files again.`,
      error,
    );
  }
}
