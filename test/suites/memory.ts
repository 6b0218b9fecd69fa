/** What a fused model takes of memory, and that it gives all of it back: one body for each backend, in Node and in browsers. */
import type {io} from '@tensorflow/tfjs-core';
import {watchWasmHeap} from '../../bench/memory/wasmHeap.ts';
import {inputShapes, modelInputs, randomInputs} from '../../src/run/inputs.ts';
import {outputsOf} from '../../src/run/runs.ts';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../../src/load/load.ts';
import {warmup} from '../../src/load/warmup.ts';
import {webgpuBuffers} from '../helpers/webgpu.ts';

const PREDICTIONS = 200;

/** How a backend's memory is looked at, from the start of a test to its end. */
interface Gauge {
  /** What is in use now, tensors and scratch: equal is level. */
  inUse(): unknown;
  /** What the backend has of the machine, in use or kept for the next. */
  held(): unknown;
  close(): void;
}

const GAUGES = {
  wasm(): Gauge {
    const heap = watchWasmHeap(tf);
    return {
      inUse: () => ({...tf.memory(), allocations: heap.live()}),
      held: () => heap.size(),
      close: () => {
        heap.unwatch();
      },
    };
  },
  webgpu(): Gauge {
    const inUse = (): unknown => {
      const {numTensors, numBytes, numDataBuffers} = tf.memory();
      return {numTensors, numBytes, numDataBuffers, ...webgpuBuffers().used};
    };
    return {inUse, held: () => webgpuBuffers().held, close: () => undefined};
  },
};

export interface MemorySuite {
  /** Must be tfjs's current one. */
  readonly backend: keyof typeof GAUGES;
  /** Fixtures, and where their files are. */
  readonly models: readonly string[];
  readonly handlerOf: (model: string) => io.IOHandler;
  /** How often a model is loaded, run and disposed of. */
  readonly rounds: number;
}

export function memorySuite({models, ...suite}: MemorySuite): void {
  for (const model of models) modelMemory(model, suite);
}

function modelMemory(name: string, {backend, handlerOf, rounds}: Omit<MemorySuite, 'models'>): void {
  describe(`the memory of ${name}, fused, on ${backend}`, () => {
    let gauge: Gauge;
    beforeEach(() => {
      gauge = GAUGES[backend]();
    });
    afterEach(() => {
      gauge.close();
    });

    it(`stays level over ${PREDICTIONS} predictions, and goes back to where it was`, async () => {
      const before = gauge.inUse();
      const model = await load(handlerOf(name));
      const inputs = randomInputs(modelInputs(model));
      await outputsOf(model, inputs);
      const [level, held] = [gauge.inUse(), gauge.held()];
      expect(level).not.toEqual(before);
      for (let i = 0; i < PREDICTIONS; i++) {
        await outputsOf(model, inputs);
        expect(gauge.inUse()).toEqual(level);
      }
      expect(gauge.held()).toEqual(held);

      tf.dispose(inputs);
      model.dispose();
      expect(gauge.inUse()).toEqual(before);
    });

    it(`is held as much after ${rounds} rounds of load, run and dispose as after one`, async () => {
      const before = gauge.inUse();
      const held: unknown[] = [];
      for (let round = 0; round < rounds; round++) {
        const model = await load(handlerOf(name));
        const inputs = randomInputs(modelInputs(model));
        await outputsOf(model, inputs);
        tf.dispose(inputs);
        model.dispose();
        held.push(gauge.held());
      }
      expect(held).toEqual(held.map(() => held[0]));
      expect(gauge.inUse()).toEqual(before);
    });
  });
}

async function load(handler: io.IOHandler): Promise<FusedGraphModel> {
  const model = await loadFusedGraphModel(handler, {blocks: 'all'});
  const [shape] = Object.values(inputShapes(modelInputs(model), {}));
  await warmup(model, shape!);
  return model;
}
