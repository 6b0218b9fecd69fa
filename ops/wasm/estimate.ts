/** What a block costs on wasm, fused and by stock ops, and whether fusing it is estimated to pay. */
import {blockGeometry} from '../block.ts';
import {type BlockRun, ONE_THREAD, type SideThreads} from '../blockKernel.ts';
import {NO_SIMD, type SimdLevel} from './detect.ts';
import {fusedWork} from './fusedWork.ts';
import {planOf} from './plan.ts';
import {costOf, type FusedCosts, RELATIVE_COSTS, type StockCosts, type Work} from './relativeCosts.ts';
import {scheduleOf} from './schedule.ts';
import {type StockFormName, stockWork} from './stockWork.ts';
import type {PlannedBlock} from './tiles.ts';

/** The kernels of an engine, and the threads that each side would run on. */
interface WasmEngine {
  readonly simd: SimdLevel;
  /** Default: one each. */
  readonly threads?: SideThreads;
}

/** Units: MACs of the GEMM micro-kernel at its peak. */
export interface BlockEstimate {
  readonly fused: number;
  /** Of the cheapest stock form. */
  readonly stock: number;
  readonly stockForm: StockFormName;
}

/** Returns what a block costs; or why no plan fits it. Throws: `invalid-input` for too small images. */
export function estimateBlock(
  {spec, size}: BlockRun,
  {simd, threads = ONE_THREAD}: WasmEngine,
): BlockEstimate | string {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planOf(spec, size, geometry);
  if (typeof plan === 'string') return plan;
  const costs = RELATIVE_COSTS[simd];
  const forms = Array.from(stockWork(spec, size, geometry), ([stockForm, work]) => ({
    stockForm,
    stock: stockCost(work, costs.stock, threads.stock),
  }));
  const cheapest = forms.reduce((least, form) => (form.stock < least.stock ? form : least));
  return {fused: fusedCost({spec, size, geometry, plan}, costs.fused, threads.fused), ...cheapest};
}

/** What tfjs gives to XNNPACK, and XNNPACK to its threads; its other kernels run on one. */
const STOCK_THREADED: readonly (keyof StockCosts)[] = [
  'convMac',
  'dramWeight',
  'indirection',
  'depthwiseMac',
  'multipassDepthwiseMac',
];

function stockCost(work: Work<StockCosts>, costs: StockCosts, threads: number): number {
  const shared = Object.fromEntries(STOCK_THREADED.map((part) => [part, costs[part] / threads]));
  return costOf(work, {...costs, ...shared});
}

function fusedCost(block: PlannedBlock, costs: FusedCosts, threads: number): number {
  const work = costOf(fusedWork(block), costs);
  const {share} = scheduleOf(block, threads);
  return costs.call + (work - costs.call) * share;
}

/** Returns why a block is not estimated to be faster fused than by stock ops; null where it is. */
export function reasonNotToFuse(
  run: BlockRun,
  {simd, ...engine}: {readonly simd: SimdLevel | null; readonly threads?: SideThreads},
): string | null {
  const estimate = simd === null ? NO_SIMD : estimateBlock(run, {simd, ...engine});
  if (typeof estimate === 'string') return `it would run on stock ops: ${estimate}`;
  const ratio = estimate.fused / estimate.stock;
  return ratio < 1 ? null : `estimated no faster fused on wasm: ${ratio.toFixed(2)} times the cost of stock ops`;
}
