/**
 * The weights of a model: where each lies in `weightData` (one buffer or a list of them), and its values, decoded when they
 * are asked for, as tfjs decodes them: quantization is storage only.
 */
import type {io} from '@tensorflow/tfjs-core';

import type {WriteValues} from '../../ops/blockKernel.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {decodeFloat16} from '../../ops/float16.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import {elements} from '../../ops/shape.ts';

export type WeightSpec = io.WeightsManifestEntry;
/** How a weight is stored: its own dtype, or that of its quantization. */
export type WeightStorage = WeightSpec['dtype'] | 'float16' | 'uint8' | 'uint16';

type Numbers = Float32Array | Int32Array | Uint8Array;

/** A weight of numbers. Shapes: row-major. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  /** Elements. */
  readonly length: number;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly stored: WeightStorage;
  /** Its values in one array, decoded when they are first asked for. */
  readonly data: Numbers;
  /** Its values as they lie in the shards, one array a shard, decoded at each call and never joined: for large weights. */
  pieces(): Numbers[];
}

/** A weight with its bytes as they are stored, in one piece or several. */
export interface StoredWeight {
  readonly spec: WeightSpec;
  /** Of params that a rewrite made: packed when they are asked for, each time. */
  readonly pieces: readonly Uint8Array[];
  /** Writes the values of such params into memory that is there already: they are large. */
  readonly fill?: WriteValues | undefined;
}

export interface Weights {
  /** In the order of the manifest. */
  readonly all: readonly StoredWeight[];
  has(name: string): boolean;
  spec(name: string): WeightSpec | undefined;
  stored(name: string): StoredWeight | undefined;
  /** The stored bytes: in place where one buffer has them all, else a copy. */
  bytes(name: string): Uint8Array;
  /** Null for a weight that holds no real numbers (string, complex64), or that is not there. */
  constant(name: string): Constant | null;
}

/** Of the spec of a float32 weight that is stored as float16, as the converter writes it: tfjs undoes it at load. */
export const FLOAT16_STORAGE = {quantization: {dtype: 'float16', original_dtype: 'float32'}} as const;

const STORED_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
};
const STRING_LENGTH_BYTES = 4;

/**
 * Returns artifacts whose weights are in `weightData`: those given, or with `getWeightStream` drained.
 * Throws: `invalid-model` where they have neither but a manifest that lists weights.
 */
export async function readWeightData(artifacts: io.ModelArtifacts): Promise<io.ModelArtifacts> {
  const {getWeightStream, ...rest} = artifacts;
  if (artifacts.weightData !== undefined || getWeightStream === undefined) return artifacts;
  const reader = getWeightStream().getReader();
  const weightData: ArrayBuffer[] = [];
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return {...rest, weightData};
    weightData.push(asBuffer(value));
  }
}

/** Streams promise ArrayBuffers, but `fetch` gives views. */
function asBuffer(chunk: ArrayBuffer | Uint8Array): ArrayBuffer {
  return ArrayBuffer.isView(chunk) ? new Uint8Array(chunk).slice().buffer : chunk;
}

/**
 * Returns the weights that a manifest describes. No byte is copied.
 * Throws: `invalid-model` where manifest and data do not belong together.
 */
export function createWeights({
  weightSpecs: specs = [],
  weightData,
}: Pick<io.ModelArtifacts, 'weightSpecs' | 'weightData'>): Weights {
  if (!Array.isArray(specs)) throw mismatch('must be a list', typeof specs);
  const data = new ByteRanges(weightData ?? []);
  const stored: StoredWeight[] = [];
  const names = new Set<string>();
  let end = 0;
  for (const spec of specs) {
    checkSpec(spec);
    if (names.has(spec.name)) throw mismatch('names must be unique', `${spec.name} twice`);
    names.add(spec.name);
    const start = end;
    end = start + storedBytes(spec, data, start);
    stored.push({spec, pieces: data.pieces(start, end)});
  }
  if (end !== data.length) throw mismatch(`weight data must be ${end} bytes long, as the manifest says`, data.length);
  return weightsOf(stored);
}

/** Returns weights that are known to fit their specs. */
export function weightsOf(all: readonly StoredWeight[]): Weights {
  const byName = new Map(all.map((weight) => [weight.spec.name, weight]));
  const constants = new Map<string, Constant | null>();
  return Object.freeze({
    all,
    has: (name: string) => byName.has(name),
    spec: (name: string) => byName.get(name)?.spec,
    stored: (name: string) => byName.get(name),
    bytes: (name: string) => {
      const weight = byName.get(name);
      if (weight === undefined) throw mismatch('must list every weight that is read', `none named ${name}`);
      return joined(weight.pieces);
    },
    constant: (name: string) =>
      getOrMake(constants, name, () => {
        const weight = byName.get(name);
        return weight === undefined ? null : constantOf(weight);
      }),
  });
}

/** Returns how a weight is stored. */
export function storageOf(spec: WeightSpec): WeightStorage {
  return spec.quantization?.dtype ?? spec.dtype;
}

function checkSpec(spec: WeightSpec | null): asserts spec is WeightSpec {
  if (spec === null || typeof spec !== 'object') throw mismatch('every weight must be an object', spec);
  const {name, shape, quantization} = spec;
  const where = `weights manifest: ${name}`;
  if (typeof name !== 'string') throw mismatch('every weight must have a name', spec);
  // tfjs keeps weights in a plain object.
  if (name in Object.prototype) throw mismatch("no weight may be named as JavaScript's own", name);
  if (!Array.isArray(shape) || !shape.every((d) => Number.isSafeInteger(d) && d >= 0))
    throw mismatch('shape must be a list of sizes ≥ 0', shape, where);
  const stored = storageOf(spec);
  if (stored !== 'string' && !Object.hasOwn(STORED_BYTES, stored))
    throw mismatch('dtype must be one that tfjs can load', stored, where);
  if (quantization === undefined) return;
  if ((quantization as unknown) === null) throw mismatch('quantization must be an object', quantization, where);
  if (spec.dtype !== 'float32' && spec.dtype !== 'int32')
    throw mismatch('a quantized weight must be float32 or int32', spec.dtype, where);
  if (quantization.dtype === 'float16' && spec.dtype !== 'float32')
    throw mismatch('float16 must stand for float32', spec.dtype, where);
  if (quantization.dtype !== 'float16' && (quantization.scale === undefined || quantization.min === undefined))
    throw mismatch('an affine quantization must have scale and min', quantization, where);
}

/** A string weight has no size of its own: each string is preceded by its length. */
function storedBytes(spec: WeightSpec, data: ByteRanges, start: number): number {
  const count = elements(spec.shape);
  const stored = storageOf(spec);
  if (stored !== 'string') return count * STORED_BYTES[stored]!;
  let end = start;
  for (let i = 0; i < count; i++) {
    const prefix = joined(data.pieces(end, end + STRING_LENGTH_BYTES));
    if (prefix.length < STRING_LENGTH_BYTES) return Infinity;
    end += STRING_LENGTH_BYTES + new DataView(prefix.buffer, prefix.byteOffset).getUint32(0, true);
  }
  return end - start;
}

function constantOf(weight: StoredWeight): Constant | null {
  const {spec} = weight;
  const {name, shape, dtype} = spec;
  if (dtype === 'string' || dtype === 'complex64') return null;
  let data: Numbers | undefined;
  return {
    ...{name, shape, dtype, length: elements(shape), stored: storageOf(spec)},
    get data() {
      return (data ??= decodeValues(spec, joined(weight.pieces)));
    },
    pieces: () => wholeElements(spec, weight.pieces).map((bytes) => decodeValues(spec, bytes)),
  };
}

/** Returns the pieces where none ends within an element, else all of them joined. */
function wholeElements(spec: WeightSpec, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const size = STORED_BYTES[storageOf(spec)]!;
  return pieces.every(({length}) => length % size === 0) ? pieces : [joined(pieces)];
}

function decodeValues({dtype, quantization}: WeightSpec, bytes: Uint8Array): Numbers {
  if (quantization !== undefined) {
    if (quantization.dtype === 'float16') return decodeFloat16(numbersOf(Uint16Array, bytes));
    const codes = quantization.dtype === 'uint8' ? bytes : numbersOf(Uint16Array, bytes);
    const {scale = 1, min = 0} = quantization;
    const values = dtype === 'int32' ? new Int32Array(codes.length) : new Float32Array(codes.length);
    const isWhole = dtype === 'int32';
    for (let i = 0; i < values.length; i++) {
      const value = codes[i]! * scale + min;
      values[i] = isWhole ? Math.round(value) : value;
    }
    return values;
  }
  if (dtype === 'int32') return numbersOf(Int32Array, bytes);
  return dtype === 'bool' ? bytes : numbersOf(Float32Array, bytes);
}

interface ElementArray<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** Returns the bytes as numbers: in place where they are aligned, else of a copy. */
function numbersOf<T>(type: ElementArray<T>, bytes: Uint8Array): T {
  const size = type.BYTES_PER_ELEMENT;
  const {buffer, byteOffset, length} = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(buffer, byteOffset, length / size);
}

/** A list of buffers read as one, without joining them. */
class ByteRanges {
  readonly length: number;
  private readonly parts: readonly {start: number; bytes: Uint8Array}[];

  constructor(data: ArrayBuffer | readonly ArrayBuffer[]) {
    let length = 0;
    this.parts = (Array.isArray(data) ? (data as readonly ArrayBuffer[]) : [data as ArrayBuffer]).map((buffer) => {
      const start = length;
      length += buffer.byteLength;
      return {start, bytes: ArrayBuffer.isView(buffer) ? viewBytes(buffer) : new Uint8Array(buffer)};
    });
    this.length = length;
  }

  /** The bytes from `start` to `end`, in place: fewer where the data ends before. */
  pieces(start: number, end: number): Uint8Array[] {
    const inside = this.parts.filter((part) => part.start < end && part.start + part.bytes.length > start);
    return inside.map((part) => part.bytes.subarray(Math.max(0, start - part.start), end - part.start));
  }
}

/** Returns the pieces as one: in place where there is one. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = pieces;
  if (only !== undefined && more.length === 0) return only;
  const copy = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    copy.set(piece, at);
    at += piece.length;
  }
  return copy;
}

/** Returns the bytes as a buffer of their own: a view of part of another is copied. */
export function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  return (bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()).buffer as ArrayBuffer;
}

function viewBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function mismatch(must: string, got: unknown, where = 'weights manifest'): BlockFusionError {
  return new BlockFusionError('invalid-model', {
    where,
    must,
    got,
    fix: 'fetch or convert the model again, with all its shards',
  });
}
