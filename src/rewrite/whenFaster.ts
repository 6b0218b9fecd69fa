/** Which blocks pay: from the block, the size of its input and the backend alone, by the time that is predicted for it. */
import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {predictOn} from '../analysis/prediction/onBackend.ts';

/**
 * Returns why a block would not be faster fused, on the machine on which the backend's rates were recorded: what counts is the
 * ratio of two times, which differs less from machine to machine than they do. Null where it would be.
 */
export function reasonNotToFuse(spec: BlockSpec, size: ImageSize, backend: string): string | null {
  // By its cost model a block is never slower fused (prediction/referenceGPU.ts), and asking it would take a plan.
  if (backend === 'webgpu') return null;
  const predicted = predictOn(backend, {spec, size});
  if (predicted === null) return `there is no fused kernel for backend ${backend}`;
  if (predicted.ms === null) return `it would run on stock ops: ${predicted.reason}`;
  const {fused, stock} = predicted.ms;
  if (fused < stock) return null;
  return `predicted no faster fused on ${backend}: ${milliseconds(fused)}, and ${milliseconds(stock)} by stock ops`;
}

function milliseconds(ms: number): string {
  return `${ms.toPrecision(2)} ms`;
}
