/** What charts are drawn of: those parts of waterlines, gaps and machines that they show, as plain data. */
import {BlockFusionError} from '../../../ops/errors.ts';
import {duration, threeDigits, withUnit} from './units.ts';

/** A kernel that ran, with its cost; one of a Waterline's. */
export interface ChartKernel {
  /** As tfjs registers it. */
  readonly name: string;
  /** The graph's node that it ran for. */
  readonly node: string | null;
  /** Of all outputs. */
  readonly outputShapes: readonly (readonly number[])[];
  /** 1 MAC = 2 ops. */
  readonly ops: number;
  /** That it cannot do without. */
  readonly bytes: number;
  /** Ops for each byte; null of what moves nothing. */
  readonly intensity: number | null;
  /** Whether it lies under the machine's balance. */
  readonly memoryBound: boolean;
  /** Units: milliseconds. */
  readonly attainableMs: number;
  /** Null where nothing timed it. Units: milliseconds. */
  readonly actualMs: number | null;
}

/** A Waterline is one. */
export interface ChartWaterline {
  /** In the order in which they ran. */
  readonly kernels: readonly ChartKernel[];
  /** Units: milliseconds. */
  readonly total: {
    /** 1 MAC = 2 ops. */
    readonly ops: number;
    /** The products alone. */
    readonly macs: number;
    /** That no kernel can do without. */
    readonly bytes: number;
    /** The sum of the kernels'. */
    readonly attainableMs: number;
  };
  /** The whole run by the clock. Units: milliseconds. */
  readonly wallMs: number | null;
  /** Kernels that are not drawn, since their cost is not known. */
  readonly uncounted: readonly {
    /** As tfjs registers them. */
    readonly name: string;
    /** How often they ran. */
    readonly calls: number;
  }[];
  /** Why only a part of the model ran, if so. */
  readonly failure: string | null;
}

/** A waterline with the name that the chart gives it. */
export interface ChartSide {
  /** The model's name, or the side's. */
  readonly label: string;
  /** What is drawn. */
  readonly waterline: ChartWaterline;
}

/** A level of memory. */
export interface ChartBandwidth {
  /** A cache's name, or memory. */
  readonly level: string;
  /** Units: bytes a second. */
  readonly bytesPerS: number;
}

/** What the machine can do; the last bandwidth is memory's, those before it of caches, nearest first. */
export interface ChartMachine {
  /** The peak. Units: operations a second. */
  readonly opsPerS: number;
  /** The bandwidths. */
  readonly bytesPerS: readonly ChartBandwidth[];
}

/** Throws: `invalid-option` where there is nothing to draw. */
export function checkDrawable(where: string, what: string, list: readonly unknown[]): void {
  if (list.length > 0) return;
  throw new BlockFusionError('invalid-option', {
    where,
    must: `${what} must hold one or more`,
    got: list,
    fix: 'add one',
  });
}

/** Returns the machine's balance for a level: kernels of fewer ops for each byte from it are memory-bound. Units: ops/byte. */
export function balance(machine: ChartMachine, {bytesPerS}: ChartBandwidth): number {
  return machine.opsPerS / bytesPerS;
}

/** Returns the level of memory. */
export function memoryOf({bytesPerS}: ChartMachine): ChartBandwidth {
  return bytesPerS.at(-1)!;
}

/** Returns what of a side is not in the chart. */
export function gapsOf({waterline: {uncounted, failure}}: ChartSide): string[] {
  const kinds = uncounted.map(({name, calls}) => (calls === 1 ? name : `${calls} ${name}`));
  return [
    ...(kinds.length === 0 ? [] : [`not shown, since their cost is not known: ${kinds.join(', ')}`]),
    ...(failure === null ? [] : [`only a part ran: ${failure}`]),
  ];
}

/** Returns a kernel's name and what it makes. */
export function kernelTitle({name, outputShapes}: ChartKernel): string {
  const shape = outputShapes[0]?.join('×') ?? '';
  return `${name} ${shape}`.trim();
}

/** Returns all that is known of a kernel, for a tooltip. */
export function kernelText(kernel: ChartKernel): string {
  const {node, ops, bytes, intensity, attainableMs, actualMs} = kernel;
  const perByte = intensity === null ? '' : `, ${threeDigits(intensity)} op/B`;
  const measured = actualMs === null ? '' : `, measured ${duration(actualMs)}`;
  return [
    kernelTitle(kernel),
    ...(node === null ? [] : [node]),
    `${withUnit(ops, 'op')}, ${withUnit(bytes, 'B')}${perByte}`,
    `attainable in ${duration(attainableMs)}${measured}`,
  ].join('\n');
}
