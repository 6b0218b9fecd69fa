/** What one side of a network takes of memory, in a process or page that has run nothing else. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io} from '@tensorflow/tfjs-core';
import {footprintOf} from '../../src/compare/footprint.ts';
import {modelInputs, randomInputs} from '../../src/run/inputs.ts';
import {runOnce} from '../../src/run/runs.ts';
import type {AllTfjs} from '../../src/run/allTfjs.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../../src/load/load.ts';
import {watchWasmHeap} from './wasmHeap.ts';

export type SideName = 'stock' | 'fused';

export interface MemoryRequest {
  readonly side: SideName;
  /** Where model.json is: a folder, or for a page a URL. */
  readonly model: string;
  readonly predictions: number;
  /** Rounds of load, run, dispose. */
  readonly cycles: number;
}

/** Units: bytes, but for counts. */
export interface SideMemory {
  readonly side: SideName;
  /** All tensors when the model is loaded and its input is there. */
  readonly tensorsAtRest: number;
  /** All tensors and the scratch of a fused block, at their highest in a prediction. */
  readonly tensorsAtMost: number;
  /** Whether no prediction left a tensor behind. */
  readonly tensorsLevel: boolean;
  /** The heap before loading, and after the predictions. */
  readonly heapAtStart: number;
  readonly heap: number;
  readonly heapAfterCycles: readonly number[];
  /** All of them, from loading on. */
  readonly allocations: number;
  /** What is left of them when all is disposed. */
  readonly allocationsLeft: number;
  readonly tensorsLeft: number;
}

/** Measures a side on the wasm backend, which must be tfjs's current one. */
export async function measureSide(
  tf: AllTfjs,
  {side, predictions, cycles}: MemoryRequest,
  handler: io.IOHandler,
): Promise<SideMemory> {
  const heap = watchWasmHeap(tf);
  const heapAtStart = heap.size();
  const {numTensors} = tf.memory();
  const first = await runModel(tf, {side, handler, predictions});
  const afterFirst = heap.size();
  const heapAfterCycles: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    await runModel(tf, {side, handler, predictions: 1});
    heapAfterCycles.push(heap.size());
  }
  heap.unwatch();
  return {
    side,
    ...first,
    heapAtStart,
    heap: afterFirst,
    heapAfterCycles,
    allocations: heap.allocations(),
    allocationsLeft: heap.live(),
    tensorsLeft: tf.memory().numTensors - numTensors,
  };
}

interface Run {
  readonly side: SideName;
  readonly handler: io.IOHandler;
  readonly predictions: number;
}

/** Loads, runs, disposes. */
async function runModel(
  tf: AllTfjs,
  {side, handler, predictions}: Run,
): Promise<Pick<SideMemory, 'tensorsAtRest' | 'tensorsAtMost' | 'tensorsLevel'>> {
  const model =
    side === 'stock' ? await tf.loadGraphModel(handler) : await loadFusedGraphModel(handler, {blocks: 'all'});
  const inputs = randomInputs(modelInputs(model));
  const atRest = tf.memory();
  const run = (): void | Promise<void> => runOnce(model, inputs);
  const {peakBytes} = await footprintOf({run, specs: specsOf(model)});
  for (let i = 0; i < predictions; i++) await run();
  const after = tf.memory();
  tf.dispose(inputs);
  model.dispose();
  return {
    tensorsAtRest: atRest.numBytes,
    tensorsAtMost: atRest.numBytes + peakBytes,
    tensorsLevel: after.numTensors === atRest.numTensors && after.numBytes === atRest.numBytes,
  };
}

function specsOf(model: GraphModel | FusedGraphModel): FusedGraphModel['fusionReport']['blocks'][number]['spec'][] {
  return 'fusionReport' in model ? model.fusionReport.blocks.map(({spec}) => spec) : [];
}
