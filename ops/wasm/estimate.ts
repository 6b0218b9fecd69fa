/** What a block costs on wasm, fused and by stock ops, and whether fusing it is estimated to pay. */
import {blockGeometry} from '../block.ts';
import type {BlockRun} from '../blockKernel.ts';
import {NO_SIMD, type SimdLevel} from './detect.ts';
import {fusedWork} from './fusedWork.ts';
import {planOf} from './plan.ts';
import {costOf, RELATIVE_COSTS} from './relativeCosts.ts';
import {type StockFormName, stockWork} from './stockWork.ts';

/** The kernels of an engine. */
interface WasmEngine {
  readonly simd: SimdLevel;
}

/** Units: MACs of the GEMM micro-kernel at its peak. */
export interface BlockEstimate {
  readonly fused: number;
  /** Of the cheapest stock form. */
  readonly stock: number;
  readonly stockForm: StockFormName;
}

/** Returns what a block costs on one thread; or why no plan fits it. Throws: `invalid-input` for too small images. */
export function estimateBlock({spec, size}: BlockRun, {simd}: WasmEngine): BlockEstimate | string {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planOf(spec, size, geometry);
  if (typeof plan === 'string') return plan;
  const costs = RELATIVE_COSTS[simd];
  const forms = Array.from(stockWork(spec, size, geometry), ([stockForm, work]) => ({
    stockForm,
    stock: costOf(work, costs.stock),
  }));
  const cheapest = forms.reduce((least, form) => (form.stock < least.stock ? form : least));
  return {fused: costOf(fusedWork({spec, size, geometry, plan}), costs.fused), ...cheapest};
}

/** Returns why a block is not estimated to be faster fused than by stock ops; null where it is. */
export function reasonNotToFuse(run: BlockRun, simd: SimdLevel | null): string | null {
  const estimate = simd === null ? NO_SIMD : estimateBlock(run, {simd});
  if (typeof estimate === 'string') return `it would run on stock ops: ${estimate}`;
  const ratio = estimate.fused / estimate.stock;
  return ratio < 1 ? null : `estimated no faster fused on wasm: ${ratio.toFixed(2)} times the cost of stock ops`;
}
