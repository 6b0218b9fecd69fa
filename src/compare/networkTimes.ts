/**
 * A model in parts, in the order in which it runs: each block, fused or left alone, and what lies between, with what each side spends
 * there.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap} from '@tensorflow/tfjs-core';
import {describeBlock} from '../../ops/block.ts';
import {getOrMake} from '../../ops/getOrMake.ts';
import type {FusedBlock, FusionReport} from '../rewrite/report.ts';
import {byNode} from '../run/blockNodes.ts';
import {hookNodes} from '../run/kernelHooks.ts';
import type {Pair} from '../run/pair.ts';
import {RENAMING_KERNELS} from '../run/renamingKernels.ts';
import {runOnce} from '../run/runs.ts';
import {median, sumOfKnown} from '../run/statistics.ts';
import {clockOf, type TimedKernel, type TraceClock, tracedRun, type TracedRun} from '../run/tracedRun.ts';
import {type BlockPlace, planReport} from './plans.ts';

/** The network in order, in parts. Plain data. */
export interface NetworkTimes {
  readonly parts: readonly NetworkPart[];
}

export interface NetworkPart {
  /** A fused block, one that was left alone, or what lies between blocks. */
  readonly kind: 'fused' | 'left' | 'other';
  /** The block's node; of what lies between, the first node. */
  readonly name: string;
  /** A block's spec, or the kernels between, in words. */
  readonly title: string;
  /** The kernel's plan of a fused block; why a block was left alone; null between blocks. */
  readonly detail: string | null;
  /** The sum over this part's kernels in a run of each side; null where nothing times them. Units: milliseconds. */
  readonly stockMs: number | null;
  readonly fusedMs: number | null;
}

export interface NetworkModels extends Pair<GraphModel> {
  readonly inputs: NamedTensorMap;
  /** Of the fused side. */
  readonly report: Pick<FusionReport, 'blocks' | 'left'>;
  /** Of the fused blocks' params. Default 'float32'. */
  readonly precision?: BlockPlace['precision'];
}

/** Traced runs of each side, alternately; the median of each part's time counts. */
const RUNS = 5;

/** Kernels of so many names are listed in a title. */
const LISTED = 4;

/**
 * Returns the model's parts in the order in which the fused side runs them; none where a side fails. What only the stock side runs
 * belongs to what lies beside it.
 */
export async function networkTimes(models: NetworkModels): Promise<NetworkTimes> {
  const {report} = models;
  const clock = await clockOf();
  const traces = await traced(models, clock);
  if ([...traces.stock, ...traces.fused].some(({failure}) => failure !== null)) return {parts: []};
  const network = new Network(report);
  for (const {kernels} of traces.fused) network.add('fused', kernels);
  for (const {kernels} of traces.stock) network.add('stock', kernels);
  const place = {backend: tf.getBackend(), device: tf.backend(), precision: models.precision};
  return {
    parts: await Promise.all(network.parts.map((part) => described(part, {report, place, isTimed: clock !== 'none'}))),
  };
}

/** Returns what each side spends in the fused blocks; null where nothing times it, and where there is none. Units: milliseconds. */
export function fusedBlockTimes({parts}: NetworkTimes): Pair<number | null> {
  const blocks = parts.filter(({kind}) => kind === 'fused');
  return {
    stock: sumOfKnown(blocks.map(({stockMs}) => stockMs)),
    fused: sumOfKnown(blocks.map(({fusedMs}) => fusedMs)),
  };
}

/** A kernel that ran. */
type NamedKernel = TimedKernel & {readonly name: string};

async function traced(
  {inputs, ...sides}: NetworkModels,
  clock: TraceClock,
): Promise<Pair<TracedRun<{name: string}>[]>> {
  const runs: Pair<TracedRun<{name: string}>[]> = {stock: [], fused: []};
  for (let run = 0; run < (clock === 'none' ? 1 : RUNS); run++)
    for (const side of ['stock', 'fused'] as const) {
      const model = sides[side];
      const subject = {run: () => runOnce(model, inputs), clock, hookNodes: hookNodes.bind(null, model)};
      runs[side].push(await tracedRun(subject, ({name}) => ({name})));
    }
  return runs;
}

/** A part while runs are added to it. */
interface Part {
  readonly kind: NetworkPart['kind'];
  readonly name: string;
  /** How often each kernel ran here, in the run that showed the part. */
  readonly kernels: Map<string, number>;
  /** A sum for each run; null where a kernel was not timed. */
  readonly ms: {readonly stock: (number | null)[]; readonly fused: (number | null)[]};
}

class Network {
  readonly parts: Part[] = [];
  private readonly blocks = new Map<string, Pick<Part, 'kind' | 'name'>>();
  private readonly partByNode = new Map<string, Part>();

  constructor({blocks, left}: NetworkModels['report']) {
    const know = (kind: Part['kind'], name: string, nodes: readonly string[]): void => {
      for (const node of [name, ...nodes]) this.blocks.set(node, {kind, name});
    };
    for (const {name, replaced} of blocks) know('fused', name, replaced);
    for (const {name, nodes} of left) know('left', name, nodes);
  }

  /** Adds a run of a side: those of the fused one, which say what parts there are, before those of the other. */
  add(side: keyof Pair<unknown>, kernels: readonly NamedKernel[]): void {
    const timesOf = new Map<Part, (number | null)[]>();
    let at: Part | null = null;
    for (const kernel of kernels) {
      at = this.partOf(kernel, at, side);
      getOrMake(timesOf, at, () => []).push(kernel.ms);
    }
    for (const [part, times] of timesOf) part.ms[side].push(sumOfKnown(times));
  }

  private partOf(kernel: NamedKernel, before: Part | null, side: keyof Pair<unknown>): Part {
    const node = kernel.node ?? kernel.name;
    const block = byNode(this.blocks, node);
    const known = block === undefined ? byNode(this.partByNode, node) : this.partByNode.get(block.name);
    if (known !== undefined) return counted(known, kernel, side);
    if (block !== undefined) return counted(this.insert(block, this.parts.length), kernel, side);
    const part = this.between(node, before, side);
    this.partByNode.set(node, part);
    return counted(part, kernel, side);
  }

  /** Of what lies between blocks: a new part, where none is there. */
  private between(node: string, before: Part | null, side: keyof Pair<unknown>): Part {
    // The fused side's kernels come in order, so that the last part is where it is.
    const index = side === 'fused' ? this.parts.length : before === null ? 0 : this.parts.indexOf(before) + 1;
    const neighbours = side === 'fused' ? [this.parts[index - 1]] : [before ?? undefined, this.parts[index]];
    return neighbours.find((part) => part?.kind === 'other') ?? this.insert({kind: 'other', name: node}, index);
  }

  private insert({kind, name}: Pick<Part, 'kind' | 'name'>, index: number): Part {
    const part: Part = {kind, name, kernels: new Map(), ms: {stock: [], fused: []}};
    this.parts.splice(index, 0, part);
    this.partByNode.set(name, part);
    return part;
  }
}

/** Counts the kernel in the first run that shows the part. */
function counted(part: Part, {name}: NamedKernel, side: keyof Pair<unknown>): Part {
  const isFirst = part.ms.fused.length === 0 && (side === 'fused' || part.ms.stock.length === 0);
  if (isFirst) part.kernels.set(name, (part.kernels.get(name) ?? 0) + 1);
  return part;
}

interface Described extends Pick<NetworkModels, 'report'> {
  readonly place: BlockPlace;
  readonly isTimed: boolean;
}

async function described(
  {kind, name, kernels, ms}: Part,
  {report: {blocks, left}, place, isTimed}: Described,
): Promise<NetworkPart> {
  const times = isTimed ? {stockMs: middle(ms.stock), fusedMs: middle(ms.fused)} : {stockMs: null, fusedMs: null};
  if (kind === 'other') return {kind, name, title: kernelWords(kernels), detail: null, ...times};
  if (kind === 'left') {
    const {spec, reason} = left.find((block) => block.name === name)!;
    return {kind, name, title: describeBlock(spec), detail: reason, ...times};
  }
  const block = blocks.find((each) => each.name === name)!;
  return {kind, name, title: describeBlock(block.spec), detail: await planOf(block, place), ...times};
}

/** What a side does not run takes it no time. */
function middle(ms: readonly (number | null)[]): number | null {
  const known = ms.filter((each) => each !== null);
  return known.length < ms.length ? null : known.length === 0 ? 0 : median(known);
}

async function planOf({spec, size, plan}: FusedBlock, place: BlockPlace): Promise<string | null> {
  if (plan !== undefined) return plan;
  return size === undefined ? null : ((await planReport({spec, size}, place))?.words ?? null);
}

/** Returns e.g. `2 FusedConv2D, Add`. */
function kernelWords(kernels: ReadonlyMap<string, number>): string {
  const computing = [...kernels].filter(([name]) => !RENAMING_KERNELS.has(name));
  const listed = computing.length === 0 ? [...kernels] : computing;
  const words = listed.map(([name, count]) => (count === 1 ? name : `${count} ${name}`));
  return words.length <= LISTED ? words.join(', ') : `${words.slice(0, LISTED).join(', ')} …`;
}
