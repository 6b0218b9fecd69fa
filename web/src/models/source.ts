/** The model of a comparison, from wherever it comes: read once, as a GraphModel, with the shapes of its inputs. */
import type {io} from '@tensorflow/tfjs-core';
import {createGraph} from '../../../src/graph/graph.ts';
import {isLayersModel} from '../../../src/graph/graphDef.ts';
import {describeShape, type StatedInput, statedInputs} from '../../../src/run/inputs.ts';
import {PlainError} from '../run/failure.ts';
import type {ModelSource} from '../run/protocol.ts';
import type {Settings} from '../settings/settings.ts';
import {modelName} from './modelName.ts';
import {SHIPPED} from './shipped.ts';

/** A model that is ready to be loaded any number of times: its weights are in memory once. */
export interface OpenedModel {
  readonly name: string;
  /** Whether it is stored as a LayersModel, and was converted here. */
  readonly layersModel: boolean;
  /** As stored. Units: bytes. */
  readonly weightBytes: number;
  readonly handler: io.IOHandler;
  /** Of each input whose rank is stated, by its name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Returns the model. Throws: PlainError, and what reading a LayersModel or a graph throws. */
export async function modelOf(
  source: ModelSource,
  settings: Settings,
  onProgress: (what: string) => void,
): Promise<OpenedModel> {
  const stored = await artifactsOf(source, onProgress);
  const layersModel = isLayersModel(stored);
  if (layersModel) onProgress('writing the LayersModel as a GraphModel');
  const artifacts = layersModel ? (await import('../../../src/layers/load.ts')).asGraphModel(stored) : stored;
  return {
    name: modelName(source),
    layersModel,
    weightBytes: weightBytes(stored),
    handler: {load: () => Promise.resolve({...artifacts})},
    shapes: shapesOf(statedInputs(createGraph(artifacts)), settings),
  };
}

async function artifactsOf(source: ModelSource, onProgress: (what: string) => void): Promise<io.ModelArtifacts> {
  const onPart = (done: number): void => {
    onProgress(`reading the weights: ${Math.floor(100 * done)}%`);
  };
  switch (source.kind) {
    case 'shipped': {
      const {SHIPPED_LOADERS} = await import('./shippedLoaders.ts');
      const model = SHIPPED.find(({id}) => id === source.id);
      if (model === undefined)
        throw new PlainError('model', `This page has no model named ${source.id}. Choose one of its list.`);
      onProgress(model.trained ? 'fetching the model' : 'building the model');
      return SHIPPED_LOADERS[model.id]();
    }
    case 'files':
      return (await import('./files.ts')).modelOfFiles(source.files, onPart);
    case 'url':
      onProgress('fetching model.json');
      return (await import('./url.ts')).modelOfUrl(source.url, onPart);
    default:
      return source satisfies never;
  }
}

function weightBytes({weightData = []}: io.ModelArtifacts): number {
  const buffers = Array.isArray(weightData) ? weightData : [weightData];
  return buffers.reduce((bytes, {byteLength}) => bytes + byteLength, 0);
}

/** Returns the inputs' shapes with sizes that the model leaves open as the settings have them. */
function shapesOf(inputs: readonly StatedInput[], settings: Settings): OpenedModel['shapes'] {
  return Object.fromEntries(
    inputs.flatMap((input) => (input.shape === undefined ? [] : [[input.name, closed(input, input.shape, settings)]])),
  );
}

function closed({name}: StatedInput, shape: readonly number[], {batch, inputSize}: Settings): readonly number[] {
  const sizes = shape.map((size, axis) => (size < 0 && axis === 0 ? batch : size));
  if (sizes.every((size) => size >= 0)) return sizes;
  if (!isImage(shape))
    throw new PlainError(
      'settings',
      `The model takes an input, ${name}, of shape ${describeShape(shape)}. Here only batch, height and width can be chosen: save the model with the other sizes fixed.`,
    );
  if (inputSize === null)
    throw new PlainError('settings', 'The model takes images of any size. Choose an input size: 224 is common.');
  return sizes.map((size) => (size < 0 ? inputSize : size));
}

/** Whether only height and width may be open, beside the batch: with channels last, or first. */
function isImage(shape: readonly number[]): boolean {
  return shape.length === 4 && (shape[3]! >= 0 || shape[1]! >= 0);
}
