/** Random blocks: an order, its parts and how each is spelled, drawn by a seed. */
import type {io} from '@tensorflow/tfjs-core';

import {
  GATES,
  MEANS,
  NORMS,
  responseNorm,
  RESPONSES,
  SQUEEZE_EXCITES,
  squeezeExcite,
} from '../helpers/globalSpellings.ts';
import {seededRandom} from '../helpers/random.ts';
import {
  affine,
  chain,
  CHANNELS,
  convFirstModel,
  depthwise,
  dropSum,
  expandFirstModel,
  grouped,
  HIDDEN,
  identity,
  layerNorm,
  op,
  type Piece,
  pointwise,
  scale,
  separableModel,
  shift,
  type SumPiece,
  sumThen,
} from '../helpers/sketch.ts';
import {ACTIVATIONS, LAYER_NORMS, POINTWISE} from '../helpers/spellings.ts';

/** Draws by one seed, the same each time. */
export class Lot {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
    // Seeds in a row begin alike.
    for (let i = 0; i < 8; i++) this.next();
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  ofValues<T>(table: Readonly<Record<string, T>>): T {
    return this.of(Object.values(table));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/** Stock tfjs lacks Erfc; slopes of a PReLU are drawn for the hidden channels. */
const ACTS = Object.entries(ACTIVATIONS).filter(([name]) => name !== 'Erfc');
const SLOPED = /^Prelu$|PReLU|rank 4/;

function activation(lot: Lot, channels: number): Piece {
  const fitting = ACTS.filter(([name]) => channels === HIDDEN || !SLOPED.test(name));
  return lot.of(fitting)[1][1];
}

/** A scale, a constant, both or, mostly, neither. */
function between(lot: Lot, channels: number): Piece {
  return lot.chance(0.7) ? identity : lot.of([affine, scale, shift])(channels);
}

function excitation(lot: Lot, channels: number): Piece {
  if (lot.chance(0.5)) return lot.ofValues(SQUEEZE_EXCITES)(channels);
  const product: SumPiece = lot.chance(0.5)
    ? (g, image, gate) => g.add('Mul', [image, gate])
    : (g, image, gate) => g.add('Mul', [gate, image]);
  const [mean, act, [, gate]] = [lot.ofValues(MEANS)(channels), activation(lot, 8), lot.ofValues(GATES)];
  return squeezeExcite({channels, mean, act, gate, product});
}

function spatial(lot: Lot, channels: number): Piece {
  return lot.chance(0.7)
    ? depthwise({
        channels,
        kernel: lot.of([
          [3, 3],
          [1, 5],
        ]),
      })
    : grouped(8, {channels});
}

function sums(lot: Lot): SumPiece {
  return lot.of<SumPiece>([
    dropSum,
    (g, branch, x) => g.add('AddV2', [branch, x]),
    (g, branch, x) => g.add('AddN', [x, branch]),
    sumThen(activation(lot, CHANNELS)),
    sumThen(chain(between(lot, CHANNELS), activation(lot, CHANNELS))),
    (g, branch) => activation(lot, CHANNELS)(g, branch),
  ]);
}

/** From the spatial conv's output to project's input, of MBConv and separable blocks. */
function afterSpatial(lot: Lot, channels: number): Piece {
  const act = lot.chance(0.8) ? activation(lot, channels) : identity;
  const pieces = [between(lot, channels), act, between(lot, channels)];
  if (lot.chance(0.6)) pieces.splice(lot.chance(0.3) ? 0 : pieces.length, 0, excitation(lot, channels));
  return chain(...pieces, between(lot, channels));
}

/** What the block reads: an activation, or the end of a separable block. */
function stems(lot: Lot): Piece {
  if (lot.chance(0.7)) return lot.of([op('Relu'), op('Tanh')]);
  const end = lot.chance(0.5) ? activation(lot, CHANNELS) : identity;
  return chain(op('Tanh'), depthwise(), activation(lot, CHANNELS), pointwise(CHANNELS, CHANNELS), end);
}

/** Returns a model of a block, of an order and with parts and spellings that are drawn. */
export function drawBlock(lot: Lot): io.ModelArtifacts {
  const sum = sums(lot);
  const stem = stems(lot);
  const wide = (inputs: number, outputs: number): Piece =>
    lot.chance(0.6) ? pointwise(inputs, outputs) : lot.ofValues(POINTWISE)(inputs, outputs);
  const order = lot.below(3);
  if (order === 0) {
    const norm = lot.chance(0.5) ? lot.ofValues(LAYER_NORMS) : lot.chance(0.5) ? layerNorm(3) : identity;
    const response = lot.chance(0.7) ? responseNorm(HIDDEN, lot.ofValues(NORMS), lot.ofValues(RESPONSES)) : identity;
    return convFirstModel({
      stem,
      conv: spatial(lot, CHANNELS),
      norm: chain(lot.chance(0.2) ? activation(lot, CHANNELS) : identity, norm, between(lot, CHANNELS)),
      expand: wide(CHANNELS, HIDDEN),
      act: chain(activation(lot, HIDDEN), lot.chance(0.9) ? identity : scale(HIDDEN), response, between(lot, HIDDEN)),
      project: wide(HIDDEN, CHANNELS),
      sum,
    });
  }
  if (order === 1)
    return expandFirstModel({
      stem,
      expand: wide(CHANNELS, HIDDEN),
      act: chain(activation(lot, HIDDEN), lot.chance(0.9) ? identity : lot.of([scale, shift])(HIDDEN)),
      conv: spatial(lot, HIDDEN),
      norm: afterSpatial(lot, HIDDEN),
      project: wide(HIDDEN, CHANNELS),
      sum,
    });
  return separableModel({
    stem,
    conv: spatial(lot, CHANNELS),
    act: afterSpatial(lot, CHANNELS),
    project: wide(CHANNELS, CHANNELS),
    sum,
  });
}
