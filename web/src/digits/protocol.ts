/** The messages between the page and its worker: plain values, which can be cloned. */
import type {StockForm} from '../../../src/run/sides.ts';
import type {Engine} from '../../../src/run/engine.ts';
import type {Pair} from '../../../src/run/pair.ts';
import type {Stroke} from './ink.ts';

export const NETWORK_NAMES = ['convfirst', 'convnext'] as const;
export type NetworkName = (typeof NETWORK_NAMES)[number];

/** What is drawn: strokes of a person, or a sample, which is an image as the networks read it already. */
export type Drawing =
  | {readonly kind: 'strokes'; readonly strokes: readonly Stroke[]}
  | {readonly kind: 'sample'; readonly image: Float32Array<ArrayBuffer>};

/** To the worker: a drawing to read. The next is sent when this one is read. */
export interface ReadRequest {
  readonly id: number;
  readonly drawing: Drawing;
}

/** What the networks made of a drawing. */
export interface Reading {
  readonly id: number;
  /** The networks' input. Shapes: `[32, 32]`. */
  readonly image: Float32Array;
  readonly networks: Readonly<Record<NetworkName, NetworkReading>>;
}

export interface NetworkReading {
  /** The softmax of the ten logits. */
  readonly scores: Pair<readonly number[]>;
  /** The digit of the highest score. */
  readonly answers: Pair<number>;
  /** Of the logits. */
  readonly maxAbsError: number;
  readonly agrees: boolean;
}

/** Medians of the latest samples. Units: milliseconds a reading of one image. */
export interface Times {
  readonly networks: Readonly<Record<NetworkName, Pair<number>>>;
  /** Samples that a median is of. */
  readonly samples: number;
  /** What tfjs holds between two readings. It does not grow. */
  readonly memory: {readonly tensors: number; readonly bytes: number};
}

/** What was loaded. */
export interface Ready {
  readonly engine: Engine;
  readonly networks: Readonly<Record<NetworkName, LoadedNetwork>>;
}

export interface LoadedNetwork {
  readonly stockForm: StockForm;
  readonly blocks: number;
}

/** Why there are no readings, in words for the person at the page. */
export interface Failure {
  readonly message: string;
  /** The error's own text, where it says more. */
  readonly detail: string | null;
}

export type WorkerEvent =
  | {readonly type: 'ready'; readonly ready: Ready}
  | {readonly type: 'reading'; readonly reading: Reading}
  | {readonly type: 'times'; readonly times: Times}
  | {readonly type: 'failed'; readonly failure: Failure};
