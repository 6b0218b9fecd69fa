/** Attrs as the official converter writes them, for those who write graphs; attrs.ts reads them. */
import type {io} from '@tensorflow/tfjs-core';
import {stringValue} from './attrs.ts';
import type {AttrValue, NodeDef, ShapeDef} from './graphDef.ts';

export type NodeAttrs = Readonly<Record<string, AttrValue>>;

/** GraphDef attrs in the converter's JSON: base64 strings, ints as strings of digits. */
export const attr = {
  text: stringValue,
  texts: (values: readonly string[]): AttrValue => ({list: {s: values.map((value) => stringValue(value).s!)}}),
  int: (value: number): AttrValue => ({i: String(value)}),
  ints: (values: readonly number[]): AttrValue => ({list: values.length === 0 ? {} : {i: values.map(String)}}),
  float: (value: number): AttrValue => ({f: value}),
  bool: (value: boolean): AttrValue => ({b: value}),
  type: (value: string): AttrValue => ({type: value}),
};
export const FLOAT = attr.type('DT_FLOAT');
export const INT32 = attr.type('DT_INT32');

/** Returns a shape, −1 for an open size. */
export function shapeDef(shape: readonly number[]): ShapeDef {
  return shape.length === 0 ? {} : {dim: shape.map((size) => ({size: String(size)}))};
}

/** Returns the node of a weight. */
export function constNode({name, dtype, shape}: io.WeightsManifestEntry): NodeDef {
  const type = dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
  return {
    name,
    op: 'Const',
    attr: {value: {tensor: {dtype: type, tensorShape: shapeDef(shape)}}, dtype: {type}},
  };
}

export type PaddingName = 'SAME' | 'VALID';

/** How a conv's window goes over an image. */
export interface ConvWindow {
  /** Down and across. Default 1. */
  readonly strides?: readonly [number, number];
  /** Down and across. Default 1. */
  readonly dilations?: readonly [number, number];
  readonly padding: PaddingName;
}

/** Returns the attrs of a window that goes over images, as of a pooling. */
export function windowAttrs({strides = [1, 1], padding}: ConvWindow): NodeAttrs {
  return {
    T: FLOAT,
    data_format: attr.text('NHWC'),
    strides: attr.ints([1, ...strides, 1]),
    padding: attr.text(padding),
    explicit_paddings: attr.ints([]),
  };
}

/** Returns the attrs of a Conv2D or of a depthwise conv. */
export function convAttrs({dilations = [1, 1], ...window}: ConvWindow): NodeAttrs {
  return {...windowAttrs(window), dilations: attr.ints([1, ...dilations, 1])};
}

/** Of a Conv2D that has no bias and no activation. */
export const PLAIN_CONV: NodeAttrs = {use_cudnn_on_gpu: attr.bool(true)};

/** Returns what a conv or a matrix product has beside its own attrs where a bias is fused into it, and an activation after that. */
export function fusedAttrs(activation?: string): NodeAttrs {
  return {num_args: attr.int(1), fused_ops: attr.texts(['BiasAdd', ...(activation === undefined ? [] : [activation])])};
}

/** What the converter writes at a _FusedConv2D beside. */
export const FUSED_CONV: NodeAttrs = {
  ...PLAIN_CONV,
  num_host_args: attr.int(0),
  filter_format: attr.text('HWIO'),
  TArgs: {list: {type: ['DT_FLOAT']}},
  leakyrelu_alpha: attr.float(0.2),
  epsilon: attr.float(0),
};

/** Of a matrix product of two matrices as they are. */
export const MATMUL: NodeAttrs = {transpose_a: attr.bool(false), transpose_b: attr.bool(false), T: FLOAT};

/** What the converter writes at a _FusedMatMul beside. */
export const FUSED_MATMUL: NodeAttrs = {leakyrelu_alpha: attr.float(0.2), epsilon: attr.float(0)};
