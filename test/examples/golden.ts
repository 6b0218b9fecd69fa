/** What stock tfjs computes for the inputs of the projects: nothing of this package takes part. */
import '@tensorflow/tfjs-backend-wasm';
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {type GraphModel, loadGraphModel} from '@tensorflow/tfjs-converter';
import {io, setBackend, type Tensor, tensor, tidy} from '@tensorflow/tfjs-core';
import {ROOT} from './project.ts';

/** The network that all projects load. */
const MODEL = join(ROOT, 'models/zoo/convnext-digits');
/** Its report: all of its blocks. */
export const FUSED = /^4 blocks fused/;
const DIGITS = join(ROOT, 'models/zoo/digits-test');

/** The projects show four decimals; sums of some hundred float32 products in another order differ by less than this. */
const TOLERANCE = 1e-3;

/** Handwritten digits with their labels: bytes `[n, 32, 32, 1]`, light on black. */
export interface Digits {
  readonly bytes: Uint8Array;
  readonly labels: readonly number[];
}

let loaded: Promise<GraphModel> | undefined;

/** Returns the logits of stock tfjs for pictures of 32×32 bytes, a list for each. */
export async function stockLogits(bytes: Uint8Array): Promise<number[][]> {
  const model = await (loaded ??= loadStock());
  const logits = tidy(() => {
    const pictures = tensor(
      Float32Array.from(bytes, (byte) => byte / 255),
      [bytes.length / 1024, 32, 32, 1],
    );
    return model.predict(pictures) as Tensor;
  });
  const lists = (await logits.array()) as number[][];
  logits.dispose();
  return lists;
}

export async function readDigits(): Promise<Digits> {
  const {labels} = JSON.parse(await readFile(join(DIGITS, 'test.json'), 'utf8')) as Digits;
  return {labels, bytes: await readFile(join(DIGITS, 'images.bin'))};
}

export function largest(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits));
}

/** Throws where logits that a project shows are not those of stock tfjs. */
export function assertSameLogits(shown: readonly number[], stock: readonly number[]): void {
  const same = shown.length === stock.length && shown.every((logit, i) => Math.abs(logit - stock[i]!) <= TOLERANCE);
  assert.ok(same, `logits: must be those of stock tfjs, ${stock.join(' ')}, got ${shown.join(' ')}`);
}

async function loadStock(): Promise<GraphModel> {
  await setBackend('wasm');
  const json = JSON.parse(await readFile(join(MODEL, 'model.json'), 'utf8')) as io.ModelJSON;
  const specs = json.weightsManifest.flatMap(({weights}) => weights);
  const shards = json.weightsManifest.flatMap(({paths}) => paths);
  const weights = Buffer.concat(await Promise.all(shards.map((shard) => readFile(join(MODEL, shard)))));
  const data = new Uint8Array(weights).buffer;
  return loadGraphModel({load: () => io.getModelArtifactsForJSON(json, () => Promise.resolve([specs, data]))});
}
