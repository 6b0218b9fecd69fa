/** Whether traced kernels keep to what the machine can do at most: the attainable time of the waterline is a lower bound. */
import {beatsBound} from '../../src/analysis/beatsBound.ts';
import type {Machine} from '../../src/analysis/machine/machine.ts';
import type {Trace} from '../../src/analysis/trace.ts';
import {waterline, type WaterlineKernel} from '../../src/analysis/waterline.ts';

export interface CaseTrace {
  readonly case: string;
  readonly side: 'stock' | 'fused';
  readonly trace: Trace;
}

/** What a run of bench/bounds/bounds.ts found: plain data, for JSON. */
export interface BoundRecord {
  readonly schema: 1;
  readonly environment: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly traces: readonly CaseTrace[];
}

/** How near the kernels of a traced case come to what is attainable. */
export interface BoundCheck extends Pick<CaseTrace, 'case' | 'side'> {
  /** Those whose working set no cache holds: for them attainable is a bound, wherever their inputs were. */
  readonly beyondCaches: readonly BoundedKernel[];
  /** The others, which may find in a nearer cache what theirs would hold. */
  readonly inCaches: readonly BoundedKernel[];
}

export interface BoundedKernel {
  readonly kernel: WaterlineKernel;
  /** Actual ÷ attainable time. */
  readonly ratio: number;
  /** Whether it was faster, by more than the machine's rates are known by. */
  readonly beats: boolean;
}

/** Returns the check of every traced case, by today's cost rules. */
export function checkBounds({machine, traces}: Pick<BoundRecord, 'machine' | 'traces'>): BoundCheck[] {
  const memory = machine.bytesPerS.at(-1)!.level;
  return traces.map(({trace, ...names}) => {
    const bounded = waterline(trace, machine).kernels.flatMap((kernel): BoundedKernel[] => {
      const {actualMs, attainableMs} = kernel;
      if (actualMs === null || attainableMs === 0) return [];
      return [{kernel, ratio: actualMs / attainableMs, beats: beatsBound(kernel, machine)}];
    });
    return {
      ...names,
      beyondCaches: bounded.filter(({kernel}) => kernel.level === memory),
      inCaches: bounded.filter(({kernel}) => kernel.level !== memory),
    };
  });
}

/** Returns the kernel that came nearest to its bound, or went farthest under it. */
export function nearest(kernels: readonly BoundedKernel[]): BoundedKernel | undefined {
  return kernels.reduce<BoundedKernel | undefined>(
    (least, each) => (least === undefined || each.ratio < least.ratio ? each : least),
    undefined,
  );
}
