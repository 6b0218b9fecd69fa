/** Fused blocks by the planner's cost model, to be held against the GPU's own times: the model's figures are fitted to these. */
import type {DeviceTraits} from '../../ops/webgpu/planner/device.ts';
import {describePasses, secondsOf} from '../../ops/webgpu/planner/explanation.ts';
import type {Pass, PassCost} from '../../ops/webgpu/planner/pass.ts';
import {planBlock, type WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {stockKernels, stockSeconds} from '../../ops/webgpu/planner/stockEstimate.ts';
import type {TensorName} from '../../ops/webgpu/planner/tensors.ts';
import type {Variant} from '../../ops/webgpu/planner/variant.ts';
import type {PlannedKind} from '../../src/compare/plans.ts';
import type {DispatchTime} from '../../src/run/gpu.ts';
import type {Pair} from '../../src/run/pair.ts';

/** A case's fused blocks by the cost model, as they are planned for a device. */
export interface Modelled {
  /** What the plans are made for. */
  readonly traits: DeviceTraits;
  /** Of the blocks alone; of stock ops what they take at least. */
  readonly dispatches: Pair<number>;
  /** With all that a dispatch costs, which the GPU's own time leaves out. Units: milliseconds. */
  readonly ms: Pair<number>;
  /** What the model takes for a dispatch beside its work. Units: milliseconds. */
  readonly dispatchMs: number;
  /** In the order in which they run: of a network each kind of block once. */
  readonly passes: readonly ModelledPass[];
}

export interface ModelledPass {
  /** For people, as in `one pass (2×4 tiles × 64 hidden channels; 28 workgroups)`. */
  readonly words: string;
  readonly variant: Variant;
  readonly output: TensorName;
  readonly cost: PassCost;
  /** Without what the dispatch costs beside it. Units: milliseconds. */
  readonly workMs: number;
  /** The GPU's own time: null in a network, and without timestamps. Units: milliseconds. */
  readonly gpuMs: number | null;
}

/**
 * Returns what the cost model says of the blocks of a case. `timed`: the dispatches of its fused side, where it is one block alone and
 * the GPU times them. Null where no block has a plan: all run on stock ops.
 */
export function modelledBlocks(
  kinds: readonly PlannedKind[],
  {traits, timed = null}: {traits: DeviceTraits; timed?: readonly DispatchTime[] | null},
): Modelled | null {
  const blocks = kinds.flatMap((kind) => modelledKind(kind, traits) ?? []);
  if (blocks.length === 0) return null;
  const sum = (of: (block: ModelledKind) => number): number =>
    blocks.reduce((total, block) => total + block.kind.count * of(block), 0);
  return {
    traits,
    dispatches: {stock: sum(({kind}) => stockKernels(kind.spec)), fused: sum(({plan}) => plan.passes.length)},
    ms: {stock: sum(({stockMs}) => stockMs), fused: sum(({plan}) => milliseconds(secondsOf(plan.passes)))},
    dispatchMs: milliseconds(blocks[0]!.plan.passes[0]!.cost.dispatchSeconds),
    passes: modelledPasses(
      blocks.flatMap(({plan}) => plan.passes),
      timed,
    ),
  };
}

/** Returns the passes with the times of their dispatches; without, where others than theirs were timed. */
export function modelledPasses(passes: readonly Pass[], timed: readonly DispatchTime[] | null): ModelledPass[] {
  const gpuMs = timed?.length === passes.length ? timed.map(({ms}) => ms) : null;
  return passes.map((pass, i) => modelledPass(pass, gpuMs?.[i] ?? null));
}

const milliseconds = (seconds: number): number => 1e3 * seconds;

interface ModelledKind {
  readonly kind: PlannedKind;
  readonly plan: WebGPUPlan;
  readonly stockMs: number;
}

/** Of the block's plans the one that the kernel reports, which need not be the first: the device may have refused that. */
function modelledKind(kind: PlannedKind, traits: DeviceTraits): ModelledKind | null {
  const {spec, size, words} = kind;
  const plans = planBlock({spec, size, precision: 'float32'}, traits);
  if (typeof plans === 'string') return null;
  const plan = plans.find(({description}) => words.startsWith(description));
  return plan === undefined ? null : {kind, plan, stockMs: milliseconds(stockSeconds(spec, plans))};
}

function modelledPass(pass: Pass, gpuMs: number | null): ModelledPass {
  const {variant, output, cost} = pass;
  return {
    words: describePasses([pass]),
    variant,
    output,
    cost,
    workMs: milliseconds(cost.seconds - cost.dispatchSeconds),
    gpuMs,
  };
}
