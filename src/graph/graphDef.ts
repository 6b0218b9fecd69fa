/**
 * GraphDef as the official converter writes it to JSON: the few fields that a rewrite reads, and the check that a
 * `modelTopology` has them. Attrs are read in attrs.ts, the graph is made in graph.ts.
 */
import type {io} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';

/** A dimension's size is a number, or a string of digits; −1 is open. */
export interface ShapeDef {
  readonly dim?: readonly {readonly size?: number | string}[];
  readonly unknownRank?: boolean;
}

/** Strings are base64; ints may be strings of digits. */
export interface AttrValue {
  readonly s?: string | readonly number[];
  readonly i?: number | string;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: string | number;
  readonly shape?: ShapeDef;
  readonly tensor?: unknown;
  readonly func?: {readonly name?: string};
  readonly list?: {
    readonly s?: readonly (string | readonly number[])[];
    readonly i?: readonly (number | string)[];
    readonly f?: readonly number[];
    readonly type?: readonly (string | number)[];
  };
}

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly device?: string;
  readonly attr?: Readonly<Record<string, AttrValue>>;
}

export interface FunctionDef {
  readonly signature: {readonly name: string};
  readonly nodeDef?: readonly NodeDef[];
  readonly ret?: Readonly<Record<string, string>>;
}

export interface GraphDef {
  readonly node: readonly NodeDef[];
  readonly library?: {readonly function?: readonly FunctionDef[]};
  readonly versions?: unknown;
}

/** One entry of a signature's `inputs` or `outputs`. */
export interface SignatureEntry {
  readonly name?: string;
  readonly dtype?: string;
  readonly tensorShape?: ShapeDef;
}

export interface Signature {
  readonly inputs?: Readonly<Record<string, SignatureEntry>>;
  readonly outputs?: Readonly<Record<string, SignatureEntry>>;
}

/**
 * Returns the topology as a GraphDef, after checking that it is one.
 * Throws: `unsupported-model` for a LayersModel or a binary GraphDef, `invalid-model` for anything else.
 */
export function asGraphDef(topology: unknown, where: string): GraphDef {
  if (!isRecord(topology)) throw malformed(where, 'must be a GraphDef in JSON', typeof topology);
  if (topology instanceof ArrayBuffer || ArrayBuffer.isView(topology))
    throw new BlockFusionError('unsupported-model', {
      where,
      must: 'must be a GraphDef in JSON',
      got: 'a binary one',
      fix: 'convert the model with tensorflowjs_converter',
    });
  if (isLayersTopology(topology)) throw layersModelError(where);
  checkNodes(topology['node'], `${where}.node`);
  const functions: unknown = isRecord(topology['library']) ? topology['library']['function'] : undefined;
  if (functions !== undefined) {
    if (!Array.isArray(functions)) throw malformed(`${where}.library.function`, 'must be a list', typeof functions);
    functions.forEach((body: unknown, i) => {
      const at = `${where}.library.function[${i}]`;
      if (!isRecord(body) || !isRecord(body['signature']) || typeof body['signature']['name'] !== 'string')
        throw malformed(at, 'must have a signature with a name', body);
      if (body['nodeDef'] !== undefined) checkNodes(body['nodeDef'], `${at}.nodeDef`);
    });
  }
  return topology as unknown as GraphDef;
}

/** Whether these are the artifacts of a LayersModel. */
export function isLayersModel({format, modelTopology}: io.ModelArtifacts): boolean {
  return format === 'layers-model' || isLayersTopology(modelTopology);
}

/** Whether a topology is that of a LayersModel. */
function isLayersTopology(topology: unknown): boolean {
  return isRecord(topology) && ('model_config' in topology || 'class_name' in topology);
}

/** Returns the error of a LayersModel where a GraphModel must be. */
export function layersModelError(where: string): BlockFusionError {
  return new BlockFusionError('unsupported-model', {
    where,
    must: 'must be a GraphModel',
    got: 'a LayersModel',
    fix: 'load it with loadFusedLayersModel of tfjs-block-fusion/layers, or convert the Keras model with --output_format=tfjs_graph_model',
  });
}

/** Returns what names a model's inputs and outputs, after checking that it is so. Throws: `invalid-model`. */
export function asSignature(signature: unknown): Signature {
  if (!isRecord(signature)) throw malformed('signature', 'must be an object', signature);
  for (const side of ['inputs', 'outputs']) {
    const entries = signature[side] ?? {};
    if (!isRecord(entries)) throw malformed(`signature.${side}`, 'must be an object', entries);
    for (const [key, entry] of Object.entries(entries)) {
      const at = `signature.${side}.${key}`;
      if (!isRecord(entry)) throw malformed(at, 'must be an object', entry);
      const {name, tensorShape} = entry;
      if (name !== undefined && typeof name !== 'string') throw malformed(at, 'name must be a string', name);
      if (tensorShape !== undefined) checkShape(tensorShape, at);
    }
  }
  return signature;
}

function checkNodes(nodes: unknown, where: string): void {
  if (!Array.isArray(nodes)) throw malformed(where, 'must be a list of nodes', typeof nodes);
  const seen = new Set<string>();
  nodes.forEach((node: unknown, i) => {
    if (!isRecord(node) || typeof node['name'] !== 'string' || typeof node['op'] !== 'string')
      throw malformed(`${where}[${i}]`, 'must have a name and an op', node);
    const {name, input} = node;
    // tfjs looks ops and nodes up in plain objects, where these names find what is no op and no node.
    if (node['op'] in Object.prototype)
      throw malformed(`${where}: ${name}`, 'must have an op of TensorFlow', node['op']);
    if (name in Object.prototype) throw malformed(`${where}[${i}]`, "must not be named as JavaScript's own", name);
    if (seen.has(name)) throw malformed(where, 'names must be unique', `${name} twice`);
    seen.add(name);
    if (input !== undefined && !(Array.isArray(input) && input.every((x) => typeof x === 'string')))
      throw malformed(`${where}: ${name}`, 'input must be a list of names', input);
    if (node['attr'] !== undefined) checkAttrs(node['attr'], `${where}: ${name}`);
    const least = MIN_INPUTS[node['op']] ?? 0;
    const given = (input ?? []).filter((text) => !text.startsWith('^')).length;
    if (given < least) throw malformed(`${where}: ${name}`, `a ${node['op']} must have ${least} inputs`, given);
  });
}

/** The inputs without which an op that the rewrite looks into is none. */
const MIN_INPUTS: Readonly<Record<string, number>> = {
  Conv2D: 2,
  _FusedConv2D: 2,
  DepthwiseConv2dNative: 2,
  FusedDepthwiseConv2dNative: 2,
  MatMul: 2,
  _FusedMatMul: 2,
  BatchMatMul: 2,
  BatchMatMulV2: 2,
  BatchMatMulV3: 2,
  ConcatV2: 2,
  Split: 2,
  Pad: 2,
  PadV2: 3,
  Reshape: 2,
  Identity: 1,
  FusedBatchNorm: 5,
  FusedBatchNormV2: 5,
  FusedBatchNormV3: 5,
  FusedResidualBlock: 2,
};

/** The members of an attr that are lists wherever they are. */
const LISTS = ['s', 'i', 'f', 'b', 'type', 'shape', 'tensor', 'func'];

function checkAttrs(attrs: unknown, where: string): void {
  if (!isRecord(attrs)) throw malformed(where, 'attr must be an object', attrs);
  for (const [name, attr] of Object.entries(attrs)) {
    const at = `${where}: attr ${name}`;
    if (!isRecord(attr)) throw malformed(at, 'must be an object', attr);
    const {s, shape, list} = attr;
    if (s !== undefined && !isText(s)) throw malformed(at, 's must be a string in base64', s);
    if (shape !== undefined) checkShape(shape, at);
    if (list === undefined) continue;
    if (!isRecord(list)) throw malformed(at, 'list must be an object', list);
    const broken = LISTS.find((member) => list[member] !== undefined && !Array.isArray(list[member]));
    if (broken !== undefined) throw malformed(at, `list.${broken} must be a list`, list[broken]);
    const strings = (list['s'] ?? []) as readonly unknown[];
    if (!strings.every(isText)) throw malformed(at, 'list.s must hold strings in base64', list['s']);
  }
}

function checkShape(shape: unknown, at: string): void {
  const dims: unknown = isRecord(shape) ? (shape['dim'] ?? []) : null;
  if (!Array.isArray(dims) || !dims.every(isRecord)) throw malformed(at, 'shape.dim must be a list of {size}', shape);
}

/** As base64, or as the codes of its letters. */
function isText(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((code) => typeof code === 'number');
  return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function malformed(where: string, must: string, got: unknown): BlockFusionError {
  return new BlockFusionError('invalid-model', {where, must, got, fix: 'convert the model again'});
}
