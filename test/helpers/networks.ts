/** What the tests of models/ share: running a network on the cpu backend, and its anatomy beside that of a real model. */
import '@tensorflow/tfjs-backend-cpu';

import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import type {AttrValue, NodeDef, Signature} from '../../src/graph/graphDef.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {worstDifference} from './closeness.ts';
import {randomFloats} from './random.ts';

/** Returns the network's logits for one seeded image, or for `batch` of them, as stock ops on the cpu backend give them. */
export async function logitsOf(
  artifacts: io.ModelArtifacts,
  {imageSize, batch = 1}: {imageSize: number; batch?: number},
): Promise<Float32Array> {
  await tf.setBackend('cpu');
  const shape: [number, number, number, number] = [batch, imageSize, imageSize, 3];
  const pixels = randomFloats(tf.util.sizeFromShape(shape), {seed: 7, scale: Math.sqrt(3)});
  const model = loadGraphModelSync(legalizeArtifacts(artifacts).artifacts);
  const logits = tf.tidy(() => (model.predict(tf.tensor4d(pixels, shape)) as Tensor).dataSync() as Float32Array);
  model.dispose();
  return logits;
}

/** Returns the root of the mean square. */
export function scaleOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** Returns the bytes of all weights. */
export function bytesOf({weightData}: io.ModelArtifacts): Uint8Array {
  return new Uint8Array(weightData as ArrayBuffer);
}

/**
 * Returns the names of the weights, scalars of the spelling apart, without which the logits stay as they are, but for 1e-4: ten
 * times what fused blocks may differ by.
 */
export async function idleWeights(artifacts: io.ModelArtifacts, options: {imageSize: number}): Promise<string[]> {
  const logits = await logitsOf(artifacts, options);
  const idle: string[] = [];
  for (const {name, dtype, shape} of artifacts.weightSpecs!) {
    if (dtype !== 'float32' || shape.length === 0) continue;
    const {worst} = worstDifference(await logitsOf(withoutWeight(artifacts, name), options), logits);
    if (worst < 1e-4) idle.push(name);
  }
  return idle;
}

function withoutWeight(artifacts: io.ModelArtifacts, name: string): io.ModelArtifacts {
  const weightData = (artifacts.weightData as ArrayBuffer).slice(0);
  let offset = 0;
  for (const spec of artifacts.weightSpecs!) {
    const length = tf.util.sizeFromShape(spec.shape);
    if (spec.name === name) new Float32Array(weightData, offset, length).fill(0);
    offset += 4 * length;
  }
  return {...artifacts, weightData};
}

/** How a graph is spelled, apart from names and numbers: each op's count and attrs, and the shapes of all weights. */
export interface Anatomy {
  readonly ops: Record<string, number>;
  readonly attrs: Record<string, string[]>;
  readonly weights: string[];
  readonly metadata: unknown;
}

export function anatomyOf(artifacts: io.ModelArtifacts): Anatomy {
  const {node} = artifacts.modelTopology as {node: NodeDef[]};
  const ops: Record<string, number> = {};
  const attrs: Record<string, Set<string>> = {};
  for (const {op, attr = {}} of node) {
    ops[op] = (ops[op] ?? 0) + 1;
    const spelled = (attrs[op] ??= new Set());
    for (const [name, value] of Object.entries(attr))
      if (!OPTIONAL.test(name)) spelled.add(`${name}: ${kindOf(value)}`);
  }
  const weights = artifacts.weightSpecs!.map(({dtype, shape}) => `${dtype}[${shape.join()}]`);
  const {format, convertedBy, signature} = artifacts;
  return {
    ops,
    attrs: Object.fromEntries(Object.entries(attrs).map(([op, names]) => [op, [...names].sort()])),
    weights: weights.sort(),
    metadata: {format, convertedBy, outputs: (signature as Signature).outputs},
  };
}

/** Marks that grappler leaves on some nodes and not on others of the same kind; nothing reads them. */
const OPTIONAL = /^_grappler|^_has_manual/;

function kindOf(value: AttrValue): string {
  return Object.keys(value).join();
}
