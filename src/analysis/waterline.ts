/**
 * The waterline of a traced run: each kernel's operations and bytes, whether it is memory-bound, how long it took and how long it
 * takes at least. For sequences of kernels after A. Lavin, arXiv 2404.03617; the definitions are our reconstruction.
 *
 * Drawn, a kernel is a bar as wide as its bytes and as high as its ops for each byte, so that its area is its ops. The waterline
 * is the machine's balance, its ops for each byte of bandwidth: what lies under water is memory-bound.
 */
import {describeBlock} from '../../ops/block.ts';
import type {PlanReport} from '../../ops/blockKernel.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import {checkOptionNames} from '../../ops/options.ts';
import {boundsOf, type MachineRates} from './bounds.ts';
import {type KernelCost, kernelCost} from './cost/kernelCost.ts';
import {blockByNode, type BlockNodes} from '../run/blockNodes.ts';
import type {TraceClock} from '../run/tracedRun.ts';
import {sumOfKnown} from '../run/statistics.ts';
import {predictBlock, type PredictionMachine} from './prediction/predictBlock.ts';
import type {Trace, TracedKernel} from './trace.ts';

/** Times that a machine's rates and a clock give. Units: milliseconds. */
interface Times {
  /** Ops at the peak: nothing could be faster. */
  readonly idealMs: number;
  /** The longer one of ops at the peak and bytes at their bandwidth; of several kernels, the sum. */
  readonly attainableMs: number;
  /** Null where nothing timed it. */
  readonly actualMs: number | null;
  /** The computational efficiency, idealMs ÷ actualMs; null where there is no actual time, or it is zero. */
  readonly efficiency: number | null;
}

/** A kernel that ran, against the machine. */
export interface WaterlineKernel extends KernelCost, Times {
  /** As tfjs registers it. */
  readonly name: string;
  /** The graph's node that it ran for; null where that is not known. */
  readonly node: string | null;
  /** Of all outputs. */
  readonly outputShapes: TracedKernel['outputShapes'];
  /** Ops for each byte, the bar's height; null of what moves nothing. */
  readonly intensity: number | null;
  /** The nearest level of memory that holds all that it reads and writes: the bandwidth is this one's. */
  readonly level: string;
  /** Whether it lies under the waterline of that level. */
  readonly memoryBound: boolean;
  /** What a fused block's plan moves, beside the compulsory `bytes`; null of a stock kernel. */
  readonly plan: PlanReport | null;
}

/** What several kernels come to. */
export interface WaterlineSum extends KernelCost, Times {
  /** How many kernels, those without a rule not among them. */
  readonly kernels: number;
  /** Ops for each byte; null where nothing moves. */
  readonly intensity: number | null;
}

/** What the kernels of a block come to. */
export interface WaterlineBlock extends WaterlineSum {
  /** Of the block. */
  readonly name: string;
  /** Of a fused block, by its relative cost at the machine's peak; null of stock ops, and where it is not predicted. */
  readonly predictedMs: number | null;
}

/** Kernels of one name for which there is no rule: their operations and bytes are in no sum, only their time is. */
export interface UncountedKernels {
  /** As tfjs registers it. */
  readonly name: string;
  /** How often it ran. */
  readonly calls: number;
  /** Of all calls; null where nothing timed them. Units: milliseconds. */
  readonly actualMs: number | null;
}

/** Plain data, for JSON. */
export interface Waterline {
  /** On which the model ran. */
  readonly backend: string;
  /** What timed the kernels. */
  readonly clock: TraceClock;
  /** In the order in which they ran. */
  readonly kernels: readonly WaterlineKernel[];
  /** The sums of its blocks. */
  readonly blocks: readonly WaterlineBlock[];
  /**
   * The model: its efficiency is that of its kernels, all their arithmetic in the sum of their times. The model's own efficiency,
   * 2·MACs in a whole run, is an EfficiencyGap's. Where the kernels have no times (`clock` 'none'), actualMs is that of the whole
   * run.
   */
  readonly total: WaterlineSum;
  /** The whole run by the wall clock, untraced. */
  readonly wallMs: number | null;
  /** Kernels without a rule. */
  readonly uncounted: readonly UncountedKernels[];
  /** Why the run ended early, if it did: then all this is of a part of the model. */
  readonly failure: string | null;
}

/** What a waterline takes. */
export interface WaterlineOptions {
  /** Blocks to sum up. By default the fused ones of the trace. */
  readonly blocks?: readonly BlockNodes[] | undefined;
}

/**
 * Returns the waterline of a trace on a machine. The attainable time is a lower bound where a kernel's working set exceeds the last
 * cache; where it does not, some of it may be in a nearer cache than the one that holds all of it.
 * Throws: `invalid-option` for rates that are no positive numbers.
 */
export function waterline(trace: Trace, machine: MachineRates, options: WaterlineOptions = {}): Waterline {
  checkOptionNames('waterline', options, ['blocks']);
  const {blocks} = options;
  checkRates(machine);
  const costed = trace.kernels.map((kernel) => ({kernel, cost: kernelCost(kernel)}));
  const entries = costed.map(({kernel, cost}): Entry => ({
    kernel,
    line: cost === null ? null : kernelLine(kernel, cost, machine),
  }));
  const total = sumOf(entries);
  const predicting = {backend: trace.backend, simd: machine.simd ?? null, opsPerS: machine.opsPerS};
  const actualMs = trace.clock === 'none' ? trace.wallMs : total.actualMs;
  return {
    backend: trace.backend,
    clock: trace.clock,
    kernels: entries.flatMap(({line}) => line ?? []),
    blocks: (blocks === undefined ? fusedBlocks(entries) : blocksOf(entries, blocks)).map(([name, of]) => ({
      name,
      ...sumOf(of),
      predictedMs: predictedMs(of, predicting),
    })),
    total: {...total, actualMs, efficiency: ratio(total.idealMs, actualMs)},
    wallMs: trace.wallMs,
    uncounted: uncounted(entries),
    failure: trace.failure,
  };
}

interface Entry {
  readonly kernel: TracedKernel;
  /** Null where the kernel has no rule. */
  readonly line: WaterlineKernel | null;
}

function kernelLine(kernel: TracedKernel, cost: KernelCost, machine: MachineRates): WaterlineKernel {
  const {ops, bytes} = cost;
  const {idealMs, trafficMs, level} = boundsOf(cost, machine);
  return {
    name: kernel.name,
    node: kernel.node,
    outputShapes: kernel.outputShapes,
    ...cost,
    intensity: ratio(ops, bytes),
    level,
    memoryBound: trafficMs > idealMs,
    idealMs,
    attainableMs: Math.max(idealMs, trafficMs),
    actualMs: kernel.ms,
    efficiency: ratio(idealMs, kernel.ms),
    plan: kernel.block?.plan ?? null,
  };
}

function sumOf(entries: readonly Entry[]): WaterlineSum {
  const lines = entries.flatMap(({line}) => line ?? []);
  const sum = (figure: (line: WaterlineKernel) => number): number => lines.reduce((all, line) => all + figure(line), 0);
  const [ops, bytes, idealMs] = [sum((line) => line.ops), sum((line) => line.bytes), sum((line) => line.idealMs)];
  const actualMs = sumOfTimes(entries);
  return {
    kernels: lines.length,
    ops,
    macs: sum(({macs}) => macs),
    bytes,
    intensity: ratio(ops, bytes),
    idealMs,
    attainableMs: sum(({attainableMs}) => attainableMs),
    actualMs,
    efficiency: ratio(idealMs, actualMs),
  };
}

function predictedMs(entries: readonly Entry[], machine: PredictionMachine): number | null {
  const blocks = entries.flatMap(({kernel}) => kernel.block ?? []);
  if (blocks.length === 0) return null;
  return sumOfKnown(blocks.map((block) => predictBlock(block, machine).ms?.fused ?? null));
}

function sumOfTimes(entries: readonly Entry[]): number | null {
  return sumOfKnown(entries.map(({kernel}) => kernel.ms));
}

function ratio(above: number, below: number | null): number | null {
  return below === null || below === 0 ? null : above / below;
}

type Group = readonly [name: string, entries: readonly Entry[]];

/** Every fused block by itself. */
function fusedBlocks(entries: readonly Entry[]): Group[] {
  return entries.flatMap((entry): Group[] => {
    const {block, node} = entry.kernel;
    return block === null ? [] : [[node ?? describeBlock(block.spec), [entry]]];
  });
}

/** The kernels that ran for the nodes of each block, for blocks of which any ran. */
function blocksOf(entries: readonly Entry[], blocks: readonly BlockNodes[]): Group[] {
  const blockOf = blockByNode(blocks);
  const found = new Map<string, Entry[]>(blocks.map(({name}) => [name, []]));
  for (const entry of entries) {
    const name = blockOf(entry.kernel.node ?? '');
    if (name !== undefined) found.get(name)!.push(entry);
  }
  return [...found].filter(([, of]) => of.length > 0);
}

function uncounted(entries: readonly Entry[]): UncountedKernels[] {
  const byName = new Map<string, Entry[]>();
  for (const entry of entries) if (entry.line === null) getOrMake(byName, entry.kernel.name, () => []).push(entry);
  return Array.from(byName, ([name, calls]) => ({name, calls: calls.length, actualMs: sumOfTimes(calls)}));
}

function checkRates({opsPerS, bytesPerS}: MachineRates): void {
  const rates = [opsPerS, ...bytesPerS.map((level) => level.bytesPerS)];
  if (bytesPerS.length > 0 && rates.every((rate) => rate > 0 && rate < Infinity)) return;
  throw new BlockFusionError('invalid-option', {
    where: 'waterline',
    must: "a machine's peak and bandwidths must be positive numbers, one bandwidth at least",
    got: rates,
    fix: 'measure the machine, or correct what was given',
  });
}
