/** Rates of a block's parts from times of whole blocks, and how well they tell the times of others. */
import {blockGeometry, type BlockSpec, blockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import type {SimdLevel} from '../../ops/wasm/detect.ts';
import {SPATIAL_MICROKERNELS} from '../../ops/wasm/microkernels.ts';
import {planBlock} from '../../ops/wasm/plan.ts';
import {predictBlock} from '../../src/analysis/prediction/predictBlock.ts';
import type {RatedMachine} from '../../src/analysis/prediction/ratedMachine.ts';
import {FUSED_PARTS, type FusedPart, fusedWork} from '../../src/analysis/prediction/fusedWork.ts';
import {STOCK_PARTS, type StockFormName, type StockPart, stockWork} from '../../src/analysis/prediction/stockWork.ts';
import type {Rates, Work} from '../../src/analysis/prediction/work.ts';
import {table} from '../../src/cli/report/table.ts';
import type {Pair} from '../../src/run/pair.ts';
import type {Timing} from '../../src/run/statistics.ts';
import {type Equation, leastSquares} from './leastSquares.ts';
import {msText, timingText} from '../speed/report.ts';

/** A block as it was measured. */
export interface RateSample extends Pair<Timing> {
  readonly case: string;
  readonly spec: BlockSpec;
  readonly size: ImageSize;
  readonly stockForm: string;
}

/** A run of `npm run bench:rates`: plain data, kept as JSON. */
export interface RateSamples {
  readonly schema: 1;
  readonly level: SimdLevel;
  readonly machine: string;
  readonly engine: string;
  readonly versions: readonly string[];
  readonly commit: string;
  /** The best peak that the run saw. */
  readonly opsPerS: number;
  readonly bytesPerS: RatedMachine['bytesPerS'];
  readonly fitted: readonly RateSample[];
  readonly judged: readonly RateSample[];
}

/** A MAC takes at least a MAC at the peak. */
const LEAST_FUSED: Readonly<Partial<Record<FusedPart, number>>> = Object.fromEntries(
  ['gemmMac', ...SPATIAL_MICROKERNELS.map(({name}) => name)].map((part) => [part, 1]),
);
const LEAST_STOCK: Readonly<Partial<Record<StockPart, number>>> = {convMac: 1, depthwiseMac: 1, wideDepthwiseMac: 1};

/** Returns of two measurements of a block each side's faster one; its stock form is that of the stock side. */
export function lessDisturbed(sample: RateSample, before: RateSample = sample): RateSample {
  const stock = sample.stock.medianMs < before.stock.medianMs ? sample : before;
  const fused = sample.fused.medianMs < before.fused.medianMs ? sample.fused : before.fused;
  return {...stock, fused};
}

/** Digits of a rate that mean anything. */
const DIGITS = 3;

/** Returns the rates that tell the times of the fitted blocks best, by relative error. */
export function fitRates({fitted, level, machine, engine, opsPerS, bytesPerS}: RateSamples): RatedMachine {
  const macsPerMs = opsPerS / 2e3;
  return {
    machine: `${machine}, one thread, ${engine}, ${level}, recorded`,
    opsPerS,
    bytesPerS: bytesPerS.map(({level: name, bytes, bytesPerS: perS}) => ({level: name, bytes, bytesPerS: perS})),
    fused: rounded(
      leastSquares(
        FUSED_PARTS,
        fitted.map((sample): Equation<FusedPart> => equation(workOf(sample), sample.fused, macsPerMs)),
        LEAST_FUSED,
      ),
    ),
    stock: rounded(
      leastSquares(
        STOCK_PARTS,
        fitted.map((sample) => equation(stockWorkOf(sample), sample.stock, macsPerMs)),
        LEAST_STOCK,
      ),
    ),
  };
}

/** By the fastest tenth: what disturbed the others says nothing of the block. */
function equation<Part extends string>(work: Work<Part>, {p10Ms}: Timing, macsPerMs: number): Equation<Part> {
  return {factors: work, value: p10Ms * macsPerMs};
}

function workOf({case: name, spec, size}: RateSample): Work<FusedPart> {
  const geometry = blockGeometry(spec, size.height, size.width);
  const plan = planned(name, planBlock(spec, size, geometry));
  return fusedWork({spec, size, geometry, plan});
}

/** Of a block what the fused kernel's plan says, and not why there is none. */
function planned<T extends object>(name: string, outcome: T | string): T {
  if (typeof outcome !== 'string') return outcome;
  throw new BlockFusionError('invalid-spec', {
    where: name,
    must: 'the fused kernel must have a plan for a block that is measured',
    got: outcome,
    fix: 'measure another block',
  });
}

/** Of the form that was the fastest, and measured. */
function stockWorkOf({spec, size, stockForm}: RateSample): Work<StockPart> {
  return stockWork(spec, size).get(stockForm as StockFormName)!;
}

function rounded<Part extends string>(rates: Rates<Part>): Rates<Part> {
  const entries = Object.entries<number>(rates).map(([part, rate]) => [part, Number(rate.toPrecision(DIGITS))]);
  return Object.fromEntries(entries) as Rates<Part>;
}

/** A block's times as predicted and as measured. Units: milliseconds. */
export interface Judged {
  readonly case: string;
  readonly predicted: Pair<number>;
  readonly measured: Pair<Timing>;
}

/** Returns predictions beside measurements. */
export function judge(samples: readonly RateSample[], rates: RatedMachine): Judged[] {
  return samples.map(({case: name, spec, size, stock, fused}) => {
    const prediction = planned(name, predictBlock(blockSpec(spec), size, rates));
    return {
      case: name,
      predicted: {stock: prediction.stockMs, fused: prediction.fusedMs},
      measured: {stock, fused},
    };
  });
}

/** How far a fused prediction may lie from what the same run measured, as a share of that. */
const TOLERANCE = 0.3;

/** Returns the blocks whose fused time is not as predicted, within 30% of the measured median. */
export function farOff(judged: readonly Judged[]): Judged[] {
  return judged.filter(
    ({predicted, measured}) => !(Math.abs(predicted.fused / measured.fused.medianMs - 1) <= TOLERANCE),
  );
}

/** Returns in a line how many fused predictions hold, and which do not. */
export function verdictOn(judged: readonly Judged[]): string {
  const off = farOff(judged).map((each) => each.case);
  const holding = `${judged.length - off.length} of ${judged.length} fused predictions within ${100 * TOLERANCE}% of the measurement`;
  return off.length === 0 ? holding : `${holding}, FAILED for ${off.join(', ')}`;
}

/** Returns predictions and measurements (median, p10 to p90) as a table. */
export function describeJudged(judged: readonly Judged[]): string {
  const columns = (['fused', 'stock'] as const).flatMap((side) => [
    {title: `${side} predicted`, text: ({predicted}: Judged) => msText(predicted[side]), align: 'right' as const},
    {title: 'measured ms', text: ({measured}: Judged) => timingText(measured[side]), align: 'right' as const},
    {
      title: 'ratio',
      text: ({predicted, measured}: Judged) => (predicted[side] / measured[side].medianMs).toFixed(2),
      align: 'right' as const,
    },
  ]);
  return table(judged, [{title: 'block', text: (each) => each.case}, ...columns]);
}

/** Returns a machine's rates as tables. */
export function ratesText({machine, opsPerS, fused, stock}: RatedMachine): string {
  const rows = (rates: Readonly<Record<string, number>>): string =>
    table(Object.entries(rates), [
      {title: 'part', text: ([part]) => part},
      {title: 'MACs at the peak', text: ([, rate]) => String(rate), align: 'right'},
    ]);
  return `${machine}: ${(opsPerS / 2e9).toFixed(1)} GMAC/s\n\n${rows(fused)}\n\n${rows(stock)}`;
}
