/** Models of a few nodes, written by hand: for one spelling at a time. */
import type {io} from '@tensorflow/tfjs-core';

import type {AttrValue, NodeDef} from '../../src/graph/graphDef.ts';
import {randomFloats} from './random.ts';

export const attr = {
  text: (value: string): AttrValue => ({s: btoa(value)}),
  texts: (...values: string[]): AttrValue => ({list: {s: values.map((value) => btoa(value))}}),
  int: (value: number): AttrValue => ({i: String(value)}),
  ints: (...values: number[]): AttrValue => ({list: {i: values.map(String)}}),
  float: (value: number): AttrValue => ({f: value}),
  bool: (value: boolean): AttrValue => ({b: value}),
};

/** A node: op, inputs, attrs. */
export type SmallNode = [op: string, inputs: string[], attrs?: Record<string, AttrValue>];

export interface SmallWeight {
  readonly shape: number[];
  readonly data: Float32Array | Int32Array;
}

export interface SmallGraph {
  /** Shapes of the placeholders by name, −1 for an open size. */
  readonly inputs: Readonly<Record<string, number[]>>;
  readonly weights?: Readonly<Record<string, SmallWeight>>;
  readonly nodes: Readonly<Record<string, SmallNode>>;
}

/** Returns seeded floats of a shape. */
export function floats(shape: number[], seed = 1, scale = 1): SmallWeight {
  return {
    shape,
    data: randomFloats(
      shape.reduce((size, d) => size * d, 1),
      {seed, scale},
    ),
  };
}

/** Returns an int32 vector. */
export function ints(...values: number[]): SmallWeight {
  return {shape: [values.length], data: Int32Array.from(values)};
}

/** Returns an int32 scalar. */
export function int(value: number): SmallWeight {
  return {shape: [], data: Int32Array.of(value)};
}

/** Returns the artifacts of a small graph; its output is its last node. */
export function artifactsOf({inputs, weights = {}, nodes}: SmallGraph): io.ModelArtifacts {
  const dims = (shape: number[]): AttrValue => ({shape: {dim: shape.map((size) => ({size: String(size)}))}});
  const dtypeOf = ({data}: SmallWeight): 'int32' | 'float32' => (data instanceof Int32Array ? 'int32' : 'float32');
  const node: NodeDef[] = [
    ...Object.entries(inputs).map(([name, shape]) => ({
      ...{name, op: 'Placeholder'},
      attr: {dtype: {type: 'DT_FLOAT'}, shape: dims(shape)},
    })),
    ...Object.entries(weights).map(([name, weight]) => ({
      ...{name, op: 'Const'},
      attr: {dtype: {type: dtypeOf(weight) === 'int32' ? 'DT_INT32' : 'DT_FLOAT'}},
    })),
    ...Object.entries(nodes).map(([name, [op, input, attrs = {}]]) => ({name, op, input, attr: attrs})),
  ];
  const last = Object.keys(nodes).at(-1)!;
  return {
    format: 'graph-model',
    modelTopology: {node, library: {}, versions: {producer: 1}},
    signature: {
      inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, {name: `${name}:0`}])),
      outputs: {[last]: {name: `${last}:0`}},
    },
    weightSpecs: Object.entries(weights).map(([name, weight]) => ({name, shape: weight.shape, dtype: dtypeOf(weight)})),
    weightData: Object.values(weights).map(({data}) => new Uint8Array(data.buffer).slice().buffer),
  };
}
