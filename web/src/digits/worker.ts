/**
 * The page's worker: loads the networks, reads each drawing that it is sent, and times both sides meanwhile. It ends with the page.
 */
import * as tf from '@tensorflow/tfjs-core';
import {engineOf} from '../../../src/run/engine.ts';
import {startWasm} from '../run/wasmBackend.ts';
import {DEFAULTS} from '../settings/settings.ts';
import {failureOf} from './failure.ts';
import {IMAGE_SIZE, imageOf} from './image.ts';
import {rasterOf} from './ink.ts';
import {LatestTimes, WINDOW} from './latestTimes.ts';
import {loadNetworks, type Network, readBy, sampleOf} from './networks.ts';
import type {Drawing, NetworkName, ReadRequest, WorkerEvent} from './protocol.ts';

/** Samples before the first drawing: engines optimise the code of a small model for a second or more. */
const WARMUP_SAMPLES = 100;
/** Medians are told no more often: a person reads them. Units: milliseconds. */
const TELL_TIMES_MS = 200;

/** The drawing that is to be read next; an older one is dropped. */
let next: ReadRequest | null = null;
let wake: (() => void) | null = null;

onmessage = ({data}: MessageEvent<ReadRequest>): void => {
  next = data;
  wake?.();
};

const post = (event: WorkerEvent): void => {
  postMessage(event);
};

async function work(): Promise<never> {
  const threads = await startWasm(DEFAULTS);
  const networks = await loadNetworks();
  post({
    type: 'ready',
    ready: {engine: engineOf(threads), networks: byName(networks, ({stockForm, blocks}) => ({stockForm, blocks}))},
  });
  const times = byName(networks, () => new LatestTimes());
  let image = tf.zeros([1, IMAGE_SIZE, IMAGE_SIZE, 1]);
  let samplesLeft = WARMUP_SAMPLES;
  let hasDrawing = false;
  let told = 0;
  for (;;) {
    await nextTask();
    if (next !== null) {
      const {id, drawing} = next;
      next = null;
      const pixels = pixelsOf(drawing);
      image.dispose();
      image = tf.tensor(pixels, [1, IMAGE_SIZE, IMAGE_SIZE, 1]);
      const readings = await Promise.all(networks.map((network) => readBy(network, image)));
      post({type: 'reading', reading: {id, image: pixels, networks: byName(networks, (_, i) => readings[i]!)}});
      samplesLeft = WINDOW;
      hasDrawing = true;
    }
    if (samplesLeft === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    for (const network of networks) times[network.name].add(await sampleOf(network, image));
    samplesLeft--;
    const now = performance.now();
    if (!hasDrawing || (now - told < TELL_TIMES_MS && samplesLeft > 0)) continue;
    told = now;
    const {numTensors: tensors, numBytes: bytes} = tf.memory();
    post({
      type: 'times',
      times: {
        networks: byName(networks, ({name}) => times[name].medians()),
        samples: times.convfirst.samples,
        memory: {tensors, bytes},
      },
    });
  }
}

function pixelsOf(drawing: Drawing): Float32Array {
  return drawing.kind === 'sample' ? drawing.image : imageOf(rasterOf(drawing.strokes, 1));
}

function byName<T>(networks: readonly Network[], of: (network: Network, i: number) => T): Record<NetworkName, T> {
  return Object.fromEntries(networks.map((network, i) => [network.name, of(network, i)])) as Record<NetworkName, T>;
}

/** Lets messages in. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

work().catch((error: unknown) => {
  post({type: 'failed', failure: failureOf(error)});
});
