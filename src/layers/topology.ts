/**
 * The topology of a LayersModel, read from its JSON: layers, and which of them is called on what. A Sequential becomes a chain of
 * calls, so that what follows knows one kind of model.
 */
import {brokenModel, unsupportedLayer} from './errors.ts';
import {type Config, isRecord, type Layer, titleOf} from './layer.ts';

/** An output of a call: of the call with this number of the layer, its n-th tensor. */
export interface TensorRef {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

export interface ModelInput extends TensorRef {
  /** Without the batch, −1 where a size is open; null where a model in a model leaves it to the outer one. */
  readonly sizes: readonly number[] | null;
  readonly dtype: 'float32' | 'int32';
}

/** A tensor, or the number that an operation takes in the place of one. */
export type CallInput = TensorRef | number;

/** A layer that is called on tensors, once or several times with the same weights. */
export interface CalledLayer extends Layer {
  readonly calls: readonly (readonly CallInput[])[];
  /** Of a model that is used as a layer. */
  readonly model?: LayerGraph;
}

/** A model: its layers, and which tensors go in and come out. */
export interface LayerGraph {
  readonly layers: readonly CalledLayer[];
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly TensorRef[];
}

const MODEL_CLASSES = ['Sequential', 'Functional', 'Model'];

/**
 * Returns the model that a `modelTopology` describes: by itself, or as its `model_config`.
 * Throws: `invalid-model`; `unsupported-model` where it is neither Sequential nor Functional.
 */
export function readTopology(topology: unknown): LayerGraph {
  const root = isRecord(topology) && isRecord(topology['model_config']) ? topology['model_config'] : topology;
  const model = readLayer(root, 'modelTopology');
  return modelOf(model) ?? refuseModel(model);
}

/** Whether Keras 3 wrote a topology: tf.loadLayersModel reads none of these, so that Keras says what their layers compute. */
export function isOfKeras3(topology: unknown): boolean {
  const inner = isRecord(topology) && isRecord(topology['model_config']) ? topology['model_config'] : {};
  const version = (isRecord(topology) ? topology['keras_version'] : undefined) ?? inner['keras_version'];
  return typeof version === 'string' && version.startsWith('3.');
}

function refuseModel(model: Layer): never {
  throw unsupportedLayer('modelTopology', `must be one of ${MODEL_CLASSES.join(', ')}`, model.className);
}

function readLayer(json: unknown, where: string): Layer {
  if (!isRecord(json)) throw brokenModel(where, 'must be an object with class_name and config', json);
  const {class_name: className, config: given} = json;
  // Sequential models of before Keras 2.2.3 are a list of layers alone.
  const config = Array.isArray(given) ? {layers: given as unknown[]} : given;
  if (typeof className !== 'string' || !isRecord(config))
    throw brokenModel(where, 'must have class_name and config', json);
  const name = json['name'] ?? config['name'] ?? className;
  if (typeof name !== 'string') throw brokenModel(where, 'must have a name', name);
  return {name, className, config};
}

function modelOf(layer: Layer): LayerGraph | undefined {
  if (layer.className === 'Sequential') return sequential(layer);
  return MODEL_CLASSES.includes(layer.className) ? functional(layer) : undefined;
}

function layersOf(model: Layer): Layer[] {
  const {layers} = model.config;
  if (!Array.isArray(layers) || layers.length === 0)
    throw brokenModel(titleOf(model), 'must have a list of layers', layers);
  const read = layers.map((json: unknown, i) => readLayer(json, `${titleOf(model)}: layers[${i}]`));
  const names = new Set<string>();
  for (const {name} of read) {
    if (names.has(name)) throw brokenModel(titleOf(model), 'names of layers must be unique', `${name} twice`);
    names.add(name);
  }
  return read;
}

function sequential(model: Layer): LayerGraph {
  const layers = layersOf(model);
  const [first, ...rest] = layers as [Layer, ...Layer[]];
  const isInput = first.className === 'InputLayer';
  const input = isInput ? inputOf(first) : impliedInput(first);
  let last: TensorRef = input;
  const called = (isInput ? rest : layers).map((layer): CalledLayer => {
    const calls = [[last]];
    last = output(layer.name);
    return withModel({...layer, calls});
  });
  return {layers: called, inputs: [input], outputs: [last]};
}

/** A Sequential may leave its input to the first layer, or to the first layer of that. */
function impliedInput(first: Layer): ModelInput {
  const inner = modelOf(first)?.inputs[0];
  return inner ?? inputOf({...first, name: `${first.name}_input`});
}

function functional(model: Layer): LayerGraph {
  const json = model.config['layers'] as readonly Record<string, unknown>[];
  const layers = layersOf(model);
  const read = layers.map((layer, i) => withModel(called(layer, json[i]!['inbound_nodes'])));
  const refs = (key: string): TensorRef[] => {
    const found = refsIn(model.config[key]);
    if (found.length === 0) throw brokenModel(titleOf(model), `${key} must name layers`, model.config[key]);
    return found;
  };
  const outputs = refs('output_layers');
  const offsets = callOffsets(read, outputs);
  const renumbered = (ref: TensorRef): TensorRef => ({...ref, call: ref.call - (offsets.get(ref.layer) ?? 0)});
  const ofCall = (input: CallInput): CallInput => (typeof input === 'number' ? input : renumbered(input));
  return {
    layers: read
      .filter(({className}) => className !== 'InputLayer')
      .map((layer) => ({...layer, calls: layer.calls.map((call) => call.map(ofCall))})),
    inputs: refs('input_layers').map((ref) => ({...inputOf(named(layers, ref.layer, model)), ...ref})),
    outputs: outputs.map(renumbered),
  };
}

function named(layers: readonly Layer[], name: string, model: Layer): Layer {
  const layer = layers.find((each) => each.name === name);
  if (layer === undefined) throw brokenModel(titleOf(model), 'input_layers must name layers of the model', name);
  return layer;
}

/**
 * A model that is used as a layer counts the making of itself as its first call, so that its calls by others start at 1; those of a
 * Sequential that Keras built at its first call start at 0.
 */
function callOffsets(layers: readonly CalledLayer[], outputs: readonly TensorRef[]): ReadonlyMap<string, number> {
  const inputs = layers.flatMap(({calls}) => calls.flat()).filter((input) => typeof input !== 'number');
  const refs = [...inputs, ...outputs];
  const models = layers.filter(({model}) => model !== undefined).map(({name}) => name);
  return new Map(
    models.map((name) => {
      const calls = refs.filter(({layer}) => layer === name).map(({call}) => call);
      return [name, calls.length === 0 || calls.includes(0) ? 0 : 1];
    }),
  );
}

function withModel(layer: CalledLayer): CalledLayer {
  const model = modelOf(layer);
  return model === undefined ? layer : {...layer, model};
}

/** Each member of `inbound_nodes` is a call: a list of `[layer, call, tensor, arguments]`, or in Keras 3 an object with tensors in it. */
function called(layer: Layer, nodes: unknown = []): CalledLayer {
  if (!Array.isArray(nodes)) throw brokenModel(titleOf(layer), 'inbound_nodes must be a list', nodes);
  if (isOperation(layer, nodes))
    return {
      ...layer,
      className: `${OPERATION}${layer.className}`,
      calls: nodes.map((node) => argumentsOf(layer, node)),
    };
  const calls = nodes.map((node: unknown) => {
    if (trains(node))
      throw unsupportedLayer(titleOf(layer), 'must be called for inference', 'a call with training: true');
    const refs = refsIn(node);
    if (refs.length === 0) throw brokenModel(titleOf(layer), 'inbound_nodes must name layers', node);
    return refs;
  });
  return {...layer, calls};
}

/** What the class of an operation starts with: Add of keras.ops is not the layer Add. */
export const OPERATION = 'keras.ops.';

/** Keras 3 has operations among the layers, by classes that may be those of layers; they have nothing that could be trained. */
function isOperation({config}: Layer, nodes: readonly unknown[]): boolean {
  return isRecord(nodes[0]) && !('trainable' in config);
}

/** An operation's arguments are what it computes on, in their order. */
function argumentsOf(layer: Layer, node: unknown): CallInput[] {
  const args: unknown = isRecord(node) ? node['args'] : undefined;
  if (!Array.isArray(args)) throw brokenModel(titleOf(layer), 'inbound_nodes must have args', node);
  return args.map((arg: unknown) => {
    if (typeof arg === 'number') return arg;
    const [ref, ...more] = refsIn(arg);
    if (ref === undefined || more.length > 0)
      throw unsupportedLayer(titleOf(layer), 'must be an operation on tensors and numbers', arg);
    return ref;
  });
}

function trains(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(trains);
  return isRecord(node) && (node['training'] === true || trains(node['kwargs']));
}

/** Returns the tensors that a value names, wherever in it they stand. */
function refsIn(value: unknown): TensorRef[] {
  if (Array.isArray(value)) {
    const [layer, call, tensor] = value as unknown[];
    const isRef = typeof layer === 'string' && typeof call === 'number' && typeof tensor === 'number';
    return isRef ? [{layer, call, tensor}] : value.flatMap(refsIn);
  }
  if (!isRecord(value)) return [];
  if (value['class_name'] === '__keras_tensor__' && isRecord(value['config']))
    return refsIn(value['config']['keras_history']);
  return Object.values(value).flatMap(refsIn);
}

function output(layer: string): TensorRef {
  return {layer, call: 0, tensor: 0};
}

function inputOf(layer: Layer): ModelInput {
  const {config} = layer;
  return {...output(layer.name), sizes: sizesIn(layer, config), dtype: dtypeIn(layer, config['dtype'])};
}

function sizesIn(
  layer: Layer,
  {batch_input_shape: batch, batch_shape: keras3, input_shape: alone}: Config,
): number[] | null {
  const shape = batch ?? keras3;
  const sizes: unknown = Array.isArray(shape) ? shape.slice(1) : alone;
  if (sizes === undefined) return null;
  const isSize = (size: unknown): boolean => size === null || (Number.isInteger(size) && (size as number) > 0);
  if (!Array.isArray(sizes) || !sizes.every(isSize))
    throw brokenModel(
      titleOf(layer),
      'its input shape must be a list of sizes, null where one is open',
      shape ?? alone,
    );
  return sizes.map((size: number | null) => size ?? -1);
}

/** A layer's dtype may be a policy, an object: what that computes in is float32 here. */
function dtypeIn({className}: Layer, dtype: unknown): ModelInput['dtype'] {
  return className === 'InputLayer' && dtype === 'int32' ? 'int32' : 'float32';
}
