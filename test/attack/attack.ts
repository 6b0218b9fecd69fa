/**
 * The random attack: blocks at random, each spelled at random and then changed in one point, are fused and run beside the original.
 * Whatever is fused must compute what the original computes.
 */
import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {randomFloats} from '../helpers/random.ts';
import {IMAGE} from '../helpers/sketch.ts';
import {drawBlock, Lot} from './draw.ts';
import {mutate} from './mutate.ts';

export interface Attack {
  /** Of the first graph; the others' follow. */
  readonly seed: number;
  readonly graphs: number;
}

/** A fused model that computes something else. */
export interface FalseFusion {
  readonly seed: number;
  readonly mutation: string;
  readonly error: number;
  readonly rules: readonly string[];
}

export interface AttackResult {
  /** Graphs that stock tfjs runs, whose outputs are finite. */
  readonly run: number;
  /** Of these the graphs of which something was fused, by the rule of its first block, or 'none'. */
  readonly fused: Readonly<Record<string, number>>;
  /** Of these the graphs whose block has each global part. */
  readonly withParts: Readonly<Record<string, number>>;
  readonly falseFusions: readonly FalseFusion[];
}

/** Of outputs as large as 1. */
const TOLERANCE = 1e-5;
/** By how much inputs are changed to see how far a graph carries a rounding, relative. */
const ROUNDING = 2 ** -22;

/** Fuses and runs graphs; tfjs's backend must be one that runs them all, and the op registered. */
export async function attack({seed, graphs}: Attack): Promise<AttackResult> {
  const fused: Record<string, number> = {};
  const withParts: Record<string, number> = {};
  const falseFusions: FalseFusion[] = [];
  let run = 0;
  const count = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  for (let i = 0; i < graphs; i++) {
    const one = await attackOnce(seed + i);
    if (one === null) continue;
    run++;
    count(fused, one.rules[0] ?? 'none');
    one.parts.forEach((part) => {
      count(withParts, part);
    });
    if (one.error !== null) falseFusions.push({...one, error: one.error, seed: seed + i});
  }
  return {run, fused, withParts, falseFusions};
}

interface Attacked {
  readonly mutation: string;
  readonly rules: readonly string[];
  readonly parts: readonly string[];
  /** Relative; null where it is within the tolerance. */
  readonly error: number | null;
}

/** The graph of a seed. */
export function drawMutant(seed: number): {artifacts: io.ModelArtifacts; mutation: string} {
  const lot = new Lot(seed);
  return mutate(drawBlock(lot), lot);
}

async function attackOnce(seed: number): Promise<Attacked | null> {
  const {artifacts, mutation} = drawMutant(seed);
  const stock = runnable(artifacts);
  if (stock === null) return null;
  const {artifacts: rewritten, report} = await fuseModelArtifacts(artifacts);
  const specs = report.blocks.map(({spec}) => spec);
  const parts = [
    ...(specs.some(({squeezeExcite}) => squeezeExcite !== null) ? ['squeeze-and-excite'] : []),
    ...(specs.some(({responseNorm}) => responseNorm !== null) ? ['response norm'] : []),
    ...(specs.some(({outputActivation}) => outputActivation !== 'linear') ? ['output activation'] : []),
    ...(specs.some((spec) => JSON.stringify(spec).includes('prelu')) ? ['PReLU'] : []),
  ];
  const rules = report.blocks.map(({rule}) => rule);
  if (rules.length === 0) return {mutation, rules, parts, error: null};
  const got = orNone(() => outputsOf(rewritten, 0));
  const error = got === null ? Infinity : relativeError(got, stock.outputs);
  const isExact = error <= TOLERANCE || error <= 8 * relativeError(outputsOf(stock.model, ROUNDING), stock.outputs);
  return {mutation, rules, parts, error: isExact ? null : error};
}

/** What stock tfjs gives for a model, legalized; null where it cannot run it, or where an output is not finite. */
function runnable(artifacts: io.ModelArtifacts): {model: io.ModelArtifacts; outputs: Float32Array[]} | null {
  const model = orNone(() => legalizeArtifacts(artifacts).artifacts);
  const outputs = model && orNone(() => outputsOf(model, 0));
  return outputs?.every((values) => values.every(Number.isFinite)) ? {model: model!, outputs} : null;
}

/** A mutant may be a graph that is broken. */
function orNone<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Every output, for a seeded image that is changed by a relative `change`. */
function outputsOf(artifacts: io.ModelArtifacts, change: number): Float32Array[] {
  const names = Object.values((artifacts.signature as {outputs: Record<string, {name: string}>}).outputs);
  const size = IMAGE.reduce((a, b) => a * b);
  const image = randomFloats(size, {seed: 7, scale: 2}).map((v, i) => v * (1 + (i % 2 === 0 ? change : -change)));
  return tf.tidy(() => {
    const model = loadGraphModelSync(artifacts);
    const outputs: Tensor[] = [
      model.execute(
        {x: tf.tensor(image, IMAGE)},
        names.map(({name}) => name),
      ),
    ].flat();
    const data = outputs.map((y) => y.dataSync() as Float32Array);
    model.dispose();
    return data;
  });
}

/** The worst difference, relative to the largest value of its output or to 1. */
function relativeError(got: readonly Float32Array[], expected: readonly Float32Array[]): number {
  const errors = expected.map((values, i) => {
    if (got[i]!.length !== values.length) return Infinity;
    const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    return (
      values.reduce((worst, v, at) => {
        const difference = Math.abs(got[i]![at]! - v);
        return Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
      }, 0) / largest
    );
  });
  return Math.max(...errors);
}
