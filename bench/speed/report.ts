/** The results as a table. */
import {kindText} from '../../src/cli/report/kindText.ts';
import {type Column, indented, table} from '../../src/cli/report/table.ts';
import type {Pair} from '../../src/run/pair.ts';
import type {Timing} from '../../src/run/statistics.ts';
import type {TimedPlan} from './everyPlan.ts';
import type {ModelledPass} from './modelled.ts';
import type {Peak} from './peak.ts';
import type {CaseResult} from './result.ts';

const COLUMNS: readonly Column<CaseResult>[] = [
  {title: 'case', text: (result) => result.case},
  {title: 'stock form', text: ({stockForm}) => stockForm},
  {title: 'stock ms', text: ({stock}) => (stock === null ? '' : timingText(stock)), align: 'right'},
  {title: 'fused ms', text: ({fused}) => (fused === null ? '' : timingText(fused)), align: 'right'},
  {title: 'speed-up', text: ({speedup}) => (speedup === null ? 'WRONG' : `${speedup.toFixed(2)}×`), align: 'right'},
  {title: 'GMAC/s', text: ({gmacsPerS}) => pair(gmacsPerS, (rate) => rate.toFixed(1)), align: 'right'},
  {title: 'of peak', text: ({shareOfPeak}) => pair(shareOfPeak, percent), align: 'right'},
  {title: 'worst error', text: ({maxAbsError, tolerance}) => `${short(maxAbsError)} of ${short(tolerance)}`},
];

/** The fused side on several threads and on one. */
const THREAD_COLUMNS: readonly Column<CaseResult>[] = [
  {title: 'case', text: (result) => result.case},
  {title: 'fused, one thread ms', text: ({fusedOneThread}) => timingText(fusedOneThread!), align: 'right'},
  {title: 'scaling', text: ({scaling}) => `${scaling!.toFixed(2)}×`, align: 'right'},
];

/** What a GPU tells of itself, by whose own time rates and shares are, and what the cost model says, dispatches included. */
const GPU_COLUMNS: readonly Column<CaseResult>[] = [
  {title: 'case', text: (result) => result.case},
  {title: 'GPU ms', text: ({gpu}) => pair(gpu, ({medianMs}) => msText(medianMs)), align: 'right'},
  {title: 'speed-up', text: ({gpuSpeedup}) => (gpuSpeedup === null ? '' : `${gpuSpeedup.toFixed(2)}×`), align: 'right'},
  {title: 'model ms', text: (result) => (isNetwork(result) ? '' : modelText(result)), align: 'right'},
  {title: 'dispatches', text: ({dispatches}) => pair(dispatches, String), align: 'right'},
  {title: 'MiB moved', text: ({movedBytes}) => pair(movedBytes, mebi), align: 'right'},
  {title: 'of bandwidth', text: ({shareOfBandwidth}) => pair(shareOfBandwidth, percent), align: 'right'},
];

/** Of a case, with a pass of its block. */
interface CasePass extends ModelledPass {
  readonly case: string;
}

/** The cost model against the GPU, both without what a dispatch costs beside its work. */
const PASS_COLUMNS: readonly Column<CasePass>[] = [
  {title: 'case', text: (pass) => pass.case},
  {title: 'pass', text: ({variant, output}) => `${variant.kernel} → ${output}`},
  {title: 'workgroups', text: ({cost}) => String(cost.workgroups), align: 'right'},
  {title: 'model µs', text: ({workMs}) => micro(workMs), align: 'right'},
  {title: 'GPU µs', text: ({gpuMs}) => (gpuMs === null ? '' : micro(gpuMs)), align: 'right'},
  {
    title: 'GPU / model',
    text: ({gpuMs, workMs}) => (gpuMs === null ? '' : (gpuMs / workMs).toFixed(2)),
    align: 'right',
  },
];

/** Of a case, with one of all plans of its block. */
interface CasePlan extends TimedPlan {
  readonly case: string;
}

/** As the cost model ranks them, which counts what dispatches cost, too. */
const PLAN_COLUMNS: readonly Column<CasePlan>[] = [
  {title: 'case', text: (plan) => plan.case},
  {title: 'every plan', text: ({passes}) => passes.map(({variant}) => variant.kernel).join(' + ')},
  {title: 'model µs', text: ({passes}) => micro(passes.reduce((sum, {workMs}) => sum + workMs, 0)), align: 'right'},
  {title: 'GPU µs', text: ({gpuMs}) => (gpuMs === null ? '' : micro(gpuMs)), align: 'right'},
];

const NETWORK_COLUMNS: readonly Column<CaseResult>[] = [
  {title: 'network', text: (result) => result.case},
  {title: 'loading ms', text: ({loadMs}) => pair(loadMs, (ms) => ms.toFixed(0)), align: 'right'},
  {title: 'kernels', text: ({kernels}) => pair(kernels, String), align: 'right'},
  {title: 'tensors and scratch MiB', text: ({peakBytes}) => pair(peakBytes, mebi), align: 'right'},
  {title: 'fused blocks', text: ({blocks}) => String(blocks?.count ?? 0), align: 'right'},
  {title: 'their ms', text: ({blocks}) => blocks?.ms?.toFixed(1) ?? '', align: 'right'},
  {title: 'of peak', text: ({blocks}) => (blocks?.shareOfPeak ? percent(blocks.shareOfPeak) : ''), align: 'right'},
  {title: 'model ms', text: modelText, align: 'right'},
];

/**
 * Returns medians with their spread (p10 to p90), and stock → fused where a column has both; what a GPU tells of itself, what its
 * fused blocks run as, and each pass and every timed plan of a block beside the cost model; nothing where nothing was run.
 */
export function describeResults(results: readonly CaseResult[]): string {
  if (results.length === 0) return '';
  const onGPU = results.filter(({dispatches}) => dispatches !== null);
  const passes = onGPU.flatMap(passesOf);
  const plans = onGPU.flatMap(({everyPlan = [], ...result}) => everyPlan.map((plan) => ({...plan, case: result.case})));
  const networks = results.filter(isNetwork);
  const threaded = results.filter(({scaling}) => scaling !== null);
  return [
    table(results, COLUMNS),
    ...(threaded.length === 0 ? [] : [table(threaded, THREAD_COLUMNS)]),
    ...(onGPU.length === 0 ? [] : [table(onGPU, GPU_COLUMNS), onGPU.map(describePlans).join('\n')]),
    ...(passes.length === 0 ? [] : [table(passes, PASS_COLUMNS)]),
    ...(plans.length === 0 ? [] : [table(plans, PLAN_COLUMNS)]),
    ...(networks.length === 0 ? [] : [table(networks, NETWORK_COLUMNS)]),
  ].join('\n\n');
}

/** Passes of a network have no times of their own. */
function passesOf(result: CaseResult): CasePass[] {
  const passes = isNetwork(result) ? [] : (result.modelled?.passes ?? []);
  return passes.map((pass) => ({...pass, case: result.case}));
}

/** Returns the best that the machine was seen to do. */
export function describePeak({gmacsPerS, least, gbytesPerS, loop}: Peak): string {
  const compute = `peak ${gmacsPerS.toFixed(1)} GMAC/s (${loop}), at times ${least.toFixed(1)}`;
  return gbytesPerS === null ? compute : `${compute}, ${gbytesPerS.toFixed(1)} GB/s (copied: read and written)`;
}

const TEXT_COLUMNS = 100;

function describePlans(result: CaseResult): string {
  const kinds = result.plans.map((kind) => kindText(kind, TEXT_COLUMNS));
  return `${result.case} runs\n${indented(kinds.join('\n'))}`;
}

/** Returns the median, and p10 to p90, in milliseconds. */
export function timingText({medianMs, p10Ms, p90Ms}: Timing): string {
  return `${msText(medianMs)} (${msText(p10Ms)} to ${msText(p90Ms)})`;
}

/** Returns milliseconds, with more digits where they are few. */
export function msText(ms: number): string {
  return ms.toFixed(ms < 1 ? 4 : 2);
}

function pair<T>(values: Pair<T> | null | undefined, text: (value: T) => string): string {
  return values ? `${text(values.stock)} → ${text(values.fused)}` : '';
}

const isNetwork = ({loadMs}: CaseResult): boolean => loadMs !== undefined;

function modelText({modelled}: CaseResult): string {
  return pair(modelled?.ms, msText);
}

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;
const micro = (ms: number): string => (1e3 * ms).toFixed(1);
const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
const short = (value: number): string => value.toPrecision(2);
