/** From a LayersModel to the graph of a GraphModel, for inference: what the official converter makes of the Keras model. */
import type {io} from '@tensorflow/tfjs-core';
import {createGraph, editedGraph, type Graph} from '../graph/graph.ts';
import type {SignatureEntry} from '../graph/graphDef.ts';
import {FLOAT, INT32, shapeDef} from '../graph/nodeAttrs.ts';
import {VERSION} from '../version.ts';
import {ACTIVATION_LAYERS} from './activations.ts';
import type {LayerWriter} from './call.ts';
import {CONV_LAYERS} from './convolutions.ts';
import {type Draft, Drafts, nodeDefs, reachable} from './drafts.ts';
import {brokenModel, unsupportedLayer} from './errors.ts';
import {foldConvs} from './foldConvs.ts';
import {IMAGE_LAYERS} from './images.ts';
import {titleOf} from './layer.ts';
import {LayerWeights} from './layerWeights.ts';
import {MERGE_LAYERS} from './merges.ts';
import {NORMALISATION_LAYERS} from './normalisations.ts';
import {RESHAPING_LAYERS} from './reshapings.ts';
import {
  type CalledLayer,
  type CallInput,
  isOfKeras3,
  type LayerGraph,
  readTopology,
  type TensorRef,
} from './topology.ts';

const LAYERS: Readonly<Record<string, LayerWriter>> = {
  ...ACTIVATION_LAYERS,
  ...CONV_LAYERS,
  ...IMAGE_LAYERS,
  ...MERGE_LAYERS,
  ...NORMALISATION_LAYERS,
  ...RESHAPING_LAYERS,
};

/**
 * Returns the graph of a LayersModel, whose weights are in `weightData`: its inputs and outputs are named after their layers, its nodes
 * after the layers that they compute.
 * Throws: `invalid-model` where it is broken, `unsupported-model` where a layer is not read.
 */
export function graphOfLayers(artifacts: io.ModelArtifacts): Graph {
  const model = readTopology(artifacts.modelTopology);
  const drafts = new Drafts();
  const weights = new LayerWeights(artifacts, drafts);
  const inputs = model.inputs.map(({layer, sizes, dtype}) => {
    if (sizes === null) throw brokenModel(`layer ${layer}`, 'must state the shape of its input', 'none');
    return drafts.input(layer, sizes, dtype);
  });
  const computed = new Walk({drafts, weights, isOfKeras3: isOfKeras3(artifacts.modelTopology)}).outputsOf(
    model,
    inputs,
    '',
  );
  const folded = foldConvs(reachable(computed), computed, drafts);
  const outputs = folded.map((x, i) =>
    drafts.node({op: 'Identity', name: model.outputs[i]!.layer, inputs: [x], shape: x.shape}),
  );
  // An input that no output needs is an input all the same.
  const nodes = reachable([...inputs, ...outputs]);
  const constants = nodes.flatMap(({weight}) => weight ?? []);
  return editedGraph(emptyGraph(artifacts, inputs, outputs), {nodes: nodeDefs(nodes), weights: constants});
}

/** What a GraphModel says beside its nodes and weights. */
function emptyGraph(
  {generatedBy, userDefinedMetadata}: io.ModelArtifacts,
  inputs: readonly Draft[],
  outputs: readonly Draft[],
): Graph {
  return createGraph({
    format: 'graph-model',
    ...(generatedBy === undefined ? {} : {generatedBy}),
    convertedBy: `tfjs-block-fusion ${VERSION}`,
    ...(userDefinedMetadata === undefined ? {} : {userDefinedMetadata}),
    signature: {inputs: entries(inputs), outputs: entries(outputs)},
    modelTopology: {node: [], library: {}, versions: {producer: 1645}},
    weightSpecs: [],
    weightData: new ArrayBuffer(0),
  });
}

function entries(drafts: readonly Draft[]): Record<string, SignatureEntry> {
  return Object.fromEntries(
    drafts.map(({name, shape, attrs}) => {
      const dtype = attrs['dtype'] === INT32 ? INT32.type : FLOAT.type;
      return [name, {name: `${name}:0`, dtype: String(dtype), tensorShape: shapeDef(shape)}];
    }),
  );
}

interface WalkContext {
  readonly drafts: Drafts;
  readonly weights: LayerWeights;
  readonly isOfKeras3: boolean;
}

/** Writes the calls of models, each when its inputs are there. */
class Walk {
  readonly #context: WalkContext;
  readonly #calls = new Map<string, number>();

  constructor(context: WalkContext) {
    this.#context = context;
  }

  /** `path`: the names of the models around it, each with a slash behind it. */
  outputsOf(model: LayerGraph, inputs: readonly Draft[], path: string): Draft[] {
    if (inputs.length !== model.inputs.length)
      throw brokenModel(path.slice(0, -1), `must have ${model.inputs.length} inputs`, inputs.length);
    const values = new Map<string, Draft>();
    model.inputs.forEach((ref, i) => values.set(keyOf(ref), inputs[i]!));
    let open = model.layers.flatMap((layer) => layer.calls.map((call, number) => ({layer, call, number})));
    while (open.length > 0) {
      const waiting = open.filter(({layer, call, number}) => {
        const given = call.map((input) => this.#inputOf(input, values));
        if (given.includes(undefined)) return true;
        const made = this.#outputsOfCall(layer, given as Draft[], path);
        made.forEach((value, tensor) => values.set(keyOf({layer: layer.name, call: number, tensor}), value));
        return false;
      });
      if (waiting.length === open.length) throw unreachableCall(waiting[0]!, values);
      open = waiting;
    }
    return model.outputs.map((ref) => {
      const value = values.get(keyOf(ref));
      if (value === undefined) throw brokenModel('output_layers', 'must name outputs of layers', keyOf(ref));
      return value;
    });
  }

  /** Undefined where it is not there yet. */
  #inputOf(input: CallInput, values: ReadonlyMap<string, Draft>): Draft | undefined {
    if (typeof input === 'object') return values.get(keyOf(input));
    return this.#context.drafts.floats('constant', [], Float32Array.of(input));
  }

  #outputsOfCall(layer: CalledLayer, inputs: readonly Draft[], path: string): Draft[] {
    const own = `${path}${layer.name}`;
    const before = this.#calls.get(own) ?? 0;
    this.#calls.set(own, before + 1);
    const scope = before === 0 ? own : `${own}_${before}`;
    if (layer.model !== undefined) return this.outputsOf(layer.model, inputs, `${scope}/`);
    const write = Object.hasOwn(LAYERS, layer.className) ? LAYERS[layer.className] : undefined;
    if (write === undefined)
      throw unsupportedLayer(
        titleOf(layer),
        'must be of a class that tfjs-block-fusion/layers reads (docs/layers.md lists them)',
        layer.className,
      );
    const {weights, ...context} = this.#context;
    const weight = (names: string | readonly string[], shape: readonly number[], as = shape): Draft =>
      weights.draft(layer, {path: own, names: [names].flat(), shape, as});
    return [write({layer, scope, inputs, weight, ...context})];
  }
}

function unreachableCall(
  {layer, call}: {layer: CalledLayer; call: readonly CallInput[]},
  values: ReadonlyMap<string, Draft>,
): Error {
  const refs = call.filter((input) => typeof input !== 'number');
  const missing = refs.map(keyOf).filter((key) => !values.has(key));
  return brokenModel(titleOf(layer), 'inbound_nodes must name outputs of layers that do not wait for it', missing);
}

function keyOf({layer, call, tensor}: TensorRef): string {
  return `${layer}[${call}][${tensor}]`;
}
