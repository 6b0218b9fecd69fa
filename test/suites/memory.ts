/** What a fused model takes of memory, and that it gives all of it back: one body for Node and for Chromium. */
import type {io} from '@tensorflow/tfjs-core';
import {watchWasmHeap} from '../../bench/wasmHeap.ts';
import {modelInputs, randomInputs} from '../../src/compare/inputs.ts';
import {runOnce} from '../../src/compare/runs.ts';
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../../src/load.ts';

/** Conv-first with groups, conv-first with LayerNorm, expand-first. */
const MODELS = ['keras-convfirst', 'keras-convnext', 'keras-mobilenetv2'];
const PREDICTIONS = 200;
const ROUNDS = 10;

/** `handlerOf` gives a fixture's files. The wasm backend must be tfjs's current one. */
export function memorySuite(handlerOf: (fixture: string) => io.IOHandler): void {
  for (const name of MODELS) modelMemory(name, handlerOf(name));
}

function modelMemory(name: string, handler: io.IOHandler): void {
  describe(`the memory of ${name}, fused`, () => {
    const load = (): Promise<FusedGraphModel> => loadFusedGraphModel(handler, {blocks: 'all'});

    it(`stays level over ${PREDICTIONS} predictions, and goes back to where it was`, async () => {
      const heap = watchWasmHeap(tf);
      const before = tf.memory();
      const model = await load();
      const inputs = randomInputs(tf, modelInputs(model));
      runOnce(model, inputs);
      const level = tf.memory();
      const live = heap.live();
      for (let i = 0; i < PREDICTIONS; i++) {
        runOnce(model, inputs);
        expect(heap.live()).toBe(live);
      }
      expect(tf.memory()).toEqual(level);
      expect(live).toBeGreaterThan(0);

      tf.dispose(inputs);
      model.dispose();
      expect(tf.memory()).toEqual(before);
      expect(heap.live()).toBe(0);
      heap.unwatch();
    });

    it(`keeps the heap as large as it is over ${ROUNDS} rounds of load, run and dispose`, async () => {
      const heap = watchWasmHeap(tf);
      const sizes: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const model = await load();
        const inputs = randomInputs(tf, modelInputs(model));
        runOnce(model, inputs);
        tf.dispose(inputs);
        model.dispose();
        sizes.push(heap.size());
      }
      expect(new Set(sizes)).toEqual(new Set([sizes[0]]));
      expect(heap.live()).toBe(0);
      heap.unwatch();
    });
  });
}
