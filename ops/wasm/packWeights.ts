/** The packing of weights by the kernel module: as packPanelsInJs does it, to the same bits, in a third of the time. */
import {type PackPanels, packPanelsInJs, packedRow} from '../packParams.ts';
import {FLOAT_BYTES} from '../params.ts';
import type {KernelExports} from './module.ts';

/** Rows pass through this much memory of the module's, which stays in cache. */
export const PACK_SCRATCH_BYTES = 512 * 1024;

const DOUBLE_BYTES = 8;

/** Returns what packs into params that lie in `buffer`, the memory of these kernels, by way of scratch at an address in it. */
export function panelPacker(kernels: KernelExports, buffer: ArrayBufferLike, scratch: number): PackPanels {
  return (packing, rows) => {
    const {params, section, inputScale, inputShift, outputScale, sums} = packing;
    const {outputs, depth} = section;
    const inputBytes = 2 * DOUBLE_BYTES + outputs * FLOAT_BYTES;
    const atATime = Math.floor((PACK_SCRATCH_BYTES - 2 * outputs * DOUBLE_BYTES) / inputBytes);
    if (atATime < 1) {
      packPanelsInJs(packing, rows);
      return;
    }
    const ofOutputs = new Float64Array(buffer, scratch, 2 * outputs);
    ofOutputs.set(outputScale);
    ofOutputs.set(sums, outputs);
    for (let first = rows.from; first < rows.to; first += atATime) {
      const inputs = Math.min(atATime, rows.to - first);
      const ofInputs = new Float64Array(buffer, scratch + ofOutputs.byteLength, 2 * inputs);
      for (let i = 0; i < inputs; i++) {
        ofInputs[2 * i] = inputScale[first + i]!;
        ofInputs[2 * i + 1] = inputShift[first + i]!;
      }
      const start = rows.start + (first - rows.from) * outputs;
      new Float32Array(buffer, ofInputs.byteOffset + ofInputs.byteLength, inputs * outputs).set(
        rows.matrix.subarray(start, start + inputs * outputs),
      );
      const to = params.byteOffset + packedRow(section, first, 0) * FLOAT_BYTES;
      kernels.packWeights(scratch, inputs, outputs, to, depth);
    }
    sums.set(ofOutputs.subarray(outputs));
  };
}
