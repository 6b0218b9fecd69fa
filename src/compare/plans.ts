/** What a model's fused blocks run as on a backend: their plans, and the bytes that these move. */
import type {KernelBackend} from '@tensorflow/tfjs-core';
import {describeBlock} from '../../ops/block.ts';
import type {BlockRun, PlanReport} from '../../ops/blockKernel.ts';
import {blockCost} from '../../ops/cost.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import type {Precision} from '../../ops/params.ts';
import type {FusedBlock} from '../rewrite/report.ts';
import type {Pair} from '../run/pair.ts';

/** Where blocks run; without `device` any device with the backend's default limits. */
export interface BlockPlace {
  readonly backend: string;
  readonly device: KernelBackend | null;
  /** Of the blocks' params. Default 'float32'. */
  readonly precision?: Precision | undefined;
}

/** What a block runs as. Units: dispatches, bytes, MACs. */
export interface BlockPlan extends Omit<PlanReport, 'bytes'> {
  /** What goes through memory: by this plan (0 where it runs on stock ops), and with one kernel a layer, as stock does at best. */
  readonly bytes: Pair<number>;
  readonly macs: number;
}

/** A block, and how large its input is where that is known. */
type SizedBlock = Pick<FusedBlock, 'spec' | 'size'>;

/** All blocks of one spec and size. */
export interface BlockKind extends BlockRun {
  readonly count: number;
}

/** A kind of block, and what it runs as. */
export interface PlannedKind extends BlockPlan, BlockKind {
  /** The spec in words. */
  readonly block: string;
}

/** Returns what the kernel does with a block; null on a backend without a kernel of ours. */
export async function planReport(
  {spec, size}: BlockRun,
  {backend, device, precision = 'float32'}: BlockPlace,
): Promise<PlanReport | null> {
  return (await blockKernelOf(backend)?.planReport({spec, size, precision}, device)) ?? null;
}

/** Returns what a block runs as; null on a backend without a kernel of ours. */
export async function planOf(run: BlockRun, place: BlockPlace): Promise<BlockPlan | null> {
  const report = await planReport(run, place);
  if (report === null) return null;
  const {layeredBytes, macs} = blockCost(run.spec, run.size);
  return {...report, bytes: {stock: layeredBytes, fused: report.bytes}, macs: macs.total};
}

/** Returns the kinds of the blocks whose sizes are known, in the order in which they come. */
export function blockKinds(blocks: readonly SizedBlock[]): BlockKind[] {
  const kinds = new Map<string, BlockKind>();
  for (const {spec, size} of blocks) {
    if (size === undefined) continue;
    const key = JSON.stringify([spec, size]);
    kinds.set(key, {spec, size, count: (kinds.get(key)?.count ?? 0) + 1});
  }
  return [...kinds.values()];
}

/** Returns the kinds of the blocks, and what each runs as. */
export async function plannedKinds(blocks: readonly SizedBlock[], place: BlockPlace): Promise<PlannedKind[]> {
  const kinds = await Promise.all(blockKinds(blocks).map((kind) => plannedKind(kind, place)));
  return kinds.filter((kind) => kind !== null);
}

async function plannedKind(kind: BlockKind, place: BlockPlace): Promise<PlannedKind | null> {
  const plan = await planOf(kind, place);
  return plan === null ? null : {block: describeBlock(kind.spec), ...kind, ...plan};
}
