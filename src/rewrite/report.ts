/** What fusing tells: the report, plain values fit for JSON, and how it is made of what the phases found. */
import type {BlockSpec} from '../../ops/block.ts';
import type {ThreadCount} from '../../ops/blockKernel.ts';
import type {ImageSize} from '../../ops/cost.ts';
import type {BlockMatch} from '../blocks/match.ts';
import type {Miss} from '../blocks/rule.ts';
import type {Approximation} from '../parts/approximation.ts';

/** A block that was fused. */
export interface FusedBlock {
  /** The node that is now the fused one; it kept its name. */
  readonly name: string;
  /** By which it was found: its order. */
  readonly rule: string;
  /** What it computes. */
  readonly spec: BlockSpec;
  /** Of its input, where the model's input has a known size; an open batch counts as one. */
  readonly size?: ImageSize;
  /** The nodes that it stands for. */
  readonly replaced: readonly string[];
  /** Its parts that are computed with other constants than the model's own, where those are near ours and no weight can take them in. */
  readonly approximations?: readonly Approximation[];
  /** Where its params are not stored in float32. */
  readonly storage?: 'float16';
  /** The kernel's plan, where one was chosen. */
  readonly plan?: string;
  /** The worst difference that verification found. */
  readonly maxError?: number;
}

/** A block that matched and was left alone: excluded, slower, or beyond its tolerance. */
export interface LeftBlock {
  /** Its last node. */
  readonly name: string;
  /** Why, in words. */
  readonly reason: string;
  /** What it computes. */
  readonly spec: BlockSpec;
  /** The nodes that compute it. */
  readonly nodes: readonly string[];
  /** The worst difference that verification found, where that is the reason. */
  readonly maxError?: number;
}

/** A fused block in float32 though float16 was asked for: by precision 'float16' of the loader, or by storage 'keep' of the rewrite. */
export interface InFloat32 {
  /** The node. */
  readonly name: string;
  /** What float16 does not hold, or how far it was off. */
  readonly reason: string;
}

/** An op that stock tfjs cannot run or computes wrongly, and how it is spelled now. */
export interface Legalized {
  /** The node. */
  readonly name: string;
  /** As it was. */
  readonly from: string;
  /** As it is now. */
  readonly to: string;
  /** Set where tfjs runs the op without an error and computes it wrongly, on one backend at least. */
  readonly wrong?: true;
}

/** A node that tfjs computes otherwise than TensorFlow, without an error, and that is left as it is. */
export interface Misread {
  /** The node. */
  readonly name: string;
  /** Its op. */
  readonly op: string;
  /** What tfjs does wrongly. */
  readonly reason: string;
}

/** What was fused, what was not, and why: plain data, for JSON. */
export interface FusionReport {
  /** All of it in a line: `18 blocks fused, 1 near miss: …`. */
  readonly summary: string;
  /** The fused blocks, in the order of the graph. */
  readonly blocks: readonly FusedBlock[];
  /** Blocks that were found and left alone. */
  readonly left: readonly LeftBlock[];
  /** What comes near a block, and what stood in the way. */
  readonly misses: readonly Miss[];
  /** Ops that stock tfjs cannot run or computes wrongly, spelled so that it runs right. */
  readonly legalized: readonly Legalized[];
  /** Nodes whose values are wrong in tfjs, with and without fusion, where there are any. */
  readonly misread?: readonly Misread[];
  /** The blocks that stay in float32 where float16 was asked for. */
  readonly inFloat32?: readonly InFloat32[];
  /** How many threads compute the blocks of a model that is loaded on a backend where they can be several. */
  readonly threads?: ThreadCount;
}

/** What verification found of one block. */
export interface BlockCheck {
  readonly name: string;
  /** Worst difference; NaN equals NaN alone. */
  readonly maxError: number;
  readonly tolerance: number;
  /** Why the block must be left alone; null where it is within its tolerance. */
  readonly reason: string | null;
}

/** What the phases found. */
export interface Fusion extends Pick<FusionReport, 'left' | 'misses' | 'legalized'> {
  readonly misread: readonly Misread[];
  /** Blocks that were fused in the model already. */
  readonly before: number;
  readonly blocks: readonly {
    readonly match: BlockMatch;
    readonly inFloat16: boolean;
    readonly size: ImageSize | null;
    /** Names of the nodes that it stands for, in the model as it was. */
    readonly replaced: readonly string[];
  }[];
  readonly checks: readonly BlockCheck[];
  readonly inFloat32: readonly InFloat32[];
}

/** What loading adds. */
export interface LoadedFacts {
  /** The kernels' plans, by the names of blocks. */
  readonly plans?: ReadonlyMap<string, string>;
  readonly inFloat32?: readonly InFloat32[];
  readonly threads?: ThreadCount | undefined;
}

/** Returns the report. */
export function reportOf(
  {blocks, before, checks, ...fusion}: Fusion,
  {plans, threads, ...loaded}: LoadedFacts = {},
): FusionReport {
  const {left, misses, legalized, misread} = fusion;
  const inFloat32 = loaded.inFloat32 ?? fusion.inFloat32;
  const report = blocks.map(({match: {root, rule, spec, approximations}, inFloat16, size, replaced}): FusedBlock => {
    const {name} = root;
    const plan = plans?.get(name);
    const maxError = checks.find((check) => check.name === name)?.maxError;
    return {
      ...{name, rule, spec},
      ...(size === null ? {} : {size}),
      replaced,
      ...(approximations.length === 0 ? {} : {approximations}),
      ...(inFloat16 ? {storage: 'float16'} : {}),
      ...(plan === undefined ? {} : {plan}),
      ...(maxError === undefined ? {} : {maxError}),
    };
  });
  return {
    summary: [
      counted(report.length, before),
      ...reasons(left, (n) => `${n} left alone`),
      ...reasons(misses, (n) => (n === 1 ? '1 near miss' : `${n} near misses`)),
      ...reasons(
        misread.map(({op, reason}) => ({reason: `${op}, ${reason}`})),
        (n) => `${n} computed wrongly by tfjs`,
      ),
    ].join(', '),
    ...{blocks: report, left, misses, legalized},
    ...(misread.length === 0 ? {} : {misread}),
    ...(inFloat32.length === 0 && loaded.inFloat32 === undefined ? {} : {inFloat32}),
    ...(threads === undefined ? {} : {threads}),
  };
}

function counted(fused: number, before: number): string {
  const blocks = (count: number): string => `${count === 0 ? 'no' : count} block${count === 1 ? '' : 's'}`;
  if (before === 0) return `${blocks(fused)} fused`;
  return fused === 0 ? `${blocks(before)} fused already` : `${blocks(fused)} fused, ${before} already`;
}

/** How many there are, and the reason that most of them have; nothing where there are none. */
function reasons(entries: readonly {readonly reason: string}[], words: (count: number) => string): string[] {
  if (entries.length === 0) return [];
  const counts = new Map<string, number>();
  for (const {reason} of entries) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [[reason]] = [...counts].sort(([, a], [, b]) => b - a) as [[string, number]];
  return [`${words(entries.length)}: ${reason}${counts.size === 1 ? '' : ' and others'}`];
}
