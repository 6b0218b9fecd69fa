/** The bench of the bundle, in this process: case after case until the time is over, each told when it is there. */
import {hasTimestamps} from '../../src/run/gpu.ts';
import {adapterText} from '../../src/webgpu/adapter.ts';
import {batched} from '../speed/cases.ts';
import {benchInNode} from '../speed/inNode.ts';
import {machine} from '../speed/machine.ts';
import {withNetworkFiles} from '../speed/networkFiles.ts';
import {describePeak, describeResults} from '../speed/report.ts';
import {type CaseResult, resultOf} from '../speed/result.ts';
import type {BenchAnswer, BenchRequest} from '../speed/runCase.ts';
import {dispatchCost, type DispatchCost} from './dispatchCost.ts';
import type {ScheduledCase} from './schedule.ts';

export interface BenchRun {
  readonly cases: readonly ScheduledCase[];
  readonly runs: number;
  /** No case is started later: of the process's own clock. */
  readonly minutes: number;
  /** Told each result as it comes: of a case that failed its error. */
  readonly tell: (line: object) => void;
  /** Told after each case all results so far, as tables. */
  readonly report: (text: string) => void;
}

/** Runs the cases, and returns whether all of them ran and were right. WebGPU must be there. */
export async function runBench({cases, runs, minutes, tell, report}: BenchRun): Promise<boolean> {
  const bencher = await benchInNode('webgpu');
  const dispatch = await dispatchCost();
  const environment = {...(await machine()), engine: bencher.engine, dispatch};
  const results: CaseResult[] = [];
  let title = '';
  let failures = 0;
  const run = async (bench: BenchRequest['bench']): Promise<void> => {
    const answer = await bencher.run({backend: 'webgpu', runs, seed: 1, everyPlan: true, bench});
    title ||= describeMachine(answer, dispatch);
    const result = resultOf(answer.measurement, answer.peak);
    results.push(result);
    tell({...result, environment: {...answer.engine, ...environment}});
  };
  for (const [i, {bench, batch}] of cases.entries()) {
    const seconds = performance.now() / 1e3;
    if (seconds > 60 * minutes) {
      console.error(`${cases.length - i} of ${cases.length} cases left out after ${minutes} minutes`);
      break;
    }
    console.error(`${seconds.toFixed(0)} s: ${bench.name}, ${batch} at a time`);
    try {
      await (bench.kind === 'block' ? run(batched(batch, bench)) : withNetworkFiles(bench, run, batch));
    } catch (error) {
      failures++;
      tell({case: bench.name, batch, error: String(error)});
      console.error(error);
    }
    report(`${title}\n\n${describeResults(results)}\n`);
  }
  return failures === 0 && results.every(({passed}) => passed);
}

function describeMachine({engine, peak}: BenchAnswer, {wallMs, gpuMs}: DispatchCost): string {
  const onGPU = gpuMs === null ? '' : `, on the GPU ${micro(gpuMs)}`;
  return [
    adapterText(engine.adapter!),
    describePeak(peak),
    `a dispatch without work: ${micro(wallMs)}${onGPU}`,
    ...(hasTimestamps() ? [] : ['no timestamps: only times to the end of a read-back']),
  ].join('\n');
}

function micro(ms: number): string {
  return `${(1e3 * ms).toFixed(1)} µs`;
}
