/** A model as tfjs's converter writes it, wherever its files lie: the text of its model.json, and its shards. */
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import {createWeights} from '../graph/weights.ts';

export const REFETCH = 'fetch or convert the model again, with all its shards';

export type ModelJson = Omit<io.ModelArtifacts, 'weightSpecs' | 'weightData' | 'getWeightStream'> & {
  weightsManifest?: io.WeightsManifestConfig;
};

type WeightsGroup = io.WeightsManifestConfig[number];

/**
 * Returns what a model.json says; its shards are not looked at. `where` names it in errors.
 * Throws: `invalid-model` where it is not the model.json of a model.
 */
export function parseModelJson(text: string, where: string): ModelJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BlockFusionError('invalid-model', {where, must: 'must be JSON', got: cause, fix: REFETCH});
  }
  const model = json as (ModelJson & {modelTopology?: unknown}) | null;
  if (typeof model !== 'object' || model === null || typeof model.modelTopology !== 'object')
    throw new BlockFusionError('invalid-model', {
      where,
      must: 'must be the model.json of a model',
      got: 'JSON without a modelTopology',
      fix: 'give the model.json that the converter wrote',
    });
  return model;
}

export interface ShardOptions {
  /** The model.json's name, for errors. */
  readonly where: string;
  /** Returns the bytes of a shard, in a buffer of their own. */
  readonly read: (path: string) => Promise<ArrayBuffer>;
  readonly onProgress?: io.OnProgressCallback | undefined;
}

/**
 * Returns the artifacts of a model.json with the weights of its shards, which are read one after the other.
 * Throws: `invalid-model` where manifest and shards do not belong together, and what `read` throws.
 */
export async function readShards(
  {weightsManifest = [], ...rest}: ModelJson,
  {where, read, onProgress}: ShardOptions,
): Promise<io.ModelArtifacts> {
  checkManifest(weightsManifest, where);
  const shards = weightsManifest.reduce((count, {paths}) => count + paths.length, 0);
  const weightData: ArrayBuffer[] = [];
  for (const {paths, weights} of weightsManifest) {
    const group: ArrayBuffer[] = [];
    for (const shard of paths) {
      group.push(await read(shard));
      onProgress?.((weightData.length + group.length) / shards);
    }
    checkGroup({weights, paths, data: group, where});
    weightData.push(...group);
  }
  return {...rest, weightSpecs: weightsManifest.flatMap(({weights}) => weights), weightData};
}

function checkManifest(manifest: unknown, where: string): asserts manifest is io.WeightsManifestConfig {
  const isGroup = (group: unknown): boolean => {
    const {paths, weights} = (group ?? {}) as Partial<WeightsGroup>;
    return Array.isArray(paths) && paths.every((path) => typeof path === 'string') && Array.isArray(weights);
  };
  if (!Array.isArray(manifest) || !manifest.every(isGroup))
    throw new BlockFusionError('invalid-model', {
      where: `${where}: weightsManifest`,
      must: 'must be a list of groups with paths and weights',
      got: manifest,
      fix: REFETCH,
    });
}

/** Checks that a group's shards hold just what its manifest lists: done here since here the files can be named. */
function checkGroup(group: WeightsGroup & {data: ArrayBuffer[]; where: string}): void {
  try {
    createWeights({weightSpecs: group.weights, weightData: group.data});
  } catch (cause) {
    throw new BlockFusionError('invalid-model', {
      where: `${group.where}: ${group.paths.join(', ')}`,
      must: 'the shards must hold the weights that the manifest lists',
      got: cause,
      fix: 'see that no shard is truncated or of another model',
    });
  }
}
