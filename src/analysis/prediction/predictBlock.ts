/**
 * How long a block takes on wasm, stock and fused, from measured rates of its parts. The rates are fitted to blocks of many kinds
 * (`npm run bench:rates`) and count in MACs that the machine does at its peak meanwhile, so that they carry over to machines that
 * are faster or slower in all. One thread. Pure: numbers in, numbers out.
 */
import {blockGeometry, type BlockSpec} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import type {SimdLevel} from '../../../ops/wasm/detect.ts';
import {planBlock} from '../../../ops/wasm/plan.ts';
import {type FusedPart, fusedWork} from './fusedWork.ts';
import {type StockFormName, type StockPart, stockWork} from './stockWork.ts';
import type {BlockRates, RatedMachine} from './ratedMachine.ts';
import {RECORDED} from './recorded.ts';
import {takenBy, timesWork, totalOf, type Work} from './work.ts';

/** Units: milliseconds. */
export interface BlockPrediction {
  readonly fusedMs: number;
  /** Of the stock form that is predicted to be the fastest. */
  readonly stockMs: number;
  readonly stockForm: StockFormName;
  readonly parts: {readonly fused: Work<FusedPart>; readonly stock: Work<StockPart>};
}

/** Returns how long a block takes; where the fused kernel has no plan for it, why. Throws: `invalid-input` for too small images. */
export function predictBlock(
  spec: BlockSpec,
  size: ImageSize,
  {fused, stock, opsPerS}: BlockRates & Pick<RatedMachine, 'opsPerS'>,
): BlockPrediction | string {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planBlock(spec, size, geometry);
  if (typeof plan === 'string') return plan;
  const msPerMac = 2e3 / opsPerS;
  const fusedParts = timesWork(msPerMac, takenBy(fusedWork({spec, size, geometry, plan}), fused));
  const forms = Array.from(stockWork(spec, size), ([stockForm, work]) => {
    const parts = timesWork(msPerMac, takenBy(work, stock));
    return {stockForm, parts, ms: totalOf(parts)};
  });
  const best = forms.reduce((least, form) => (form.ms < least.ms ? form : least));
  return {
    fusedMs: totalOf(fusedParts),
    stockMs: best.ms,
    stockForm: best.stockForm,
    parts: {fused: fusedParts, stock: best.parts},
  };
}

/** Returns the machine on which the rates of a SIMD level were recorded. */
export function recordedMachine(level: SimdLevel = 'simd'): RatedMachine {
  return RECORDED[level];
}
