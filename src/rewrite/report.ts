/** What fusing takes and tells: the options of `fuseModelArtifacts` and its report. Both are plain values, fit for JSON. */
import type {BlockSpec} from '../../ops/block.ts';

export interface FuseOptions {
  /** 'all' blocks that match, or those that are predicted to be faster on `backend` at `inputShape`. Default 'all'. */
  readonly blocks?: 'all' | 'when-faster';
  /** The backend that 'when-faster' judges for. Default 'wasm'. */
  readonly backend?: string;
  /** The shape of the model's first input, for sizes that the model leaves open. */
  readonly inputShape?: readonly number[];
  /** Names of blocks (their root nodes) to leave alone. */
  readonly exclude?: readonly string[];
  /** Nodes whose values must stay readable, as by `model.execute(x, name)`. */
  readonly keepNodes?: readonly string[];
  /** Whether to run each fused block against the nodes that it replaced. */
  readonly verify?: boolean;
  /** How params are stored: 'keep' takes float16 where the model's own weights were stored quantized. Default 'keep'. */
  readonly storage?: 'keep' | 'float32' | 'float16';
}

/** A block that was fused. */
export interface FusedBlock {
  /** The node that is now the fused one; it kept its name. */
  readonly name: string;
  readonly rule: string;
  readonly spec: BlockSpec;
  /** The nodes that it stands for. */
  readonly replaced: readonly string[];
  /** The kernel's plan, where one was chosen. */
  readonly plan?: string;
  /** The worst difference that verification found. */
  readonly maxError?: number;
}

/** A block that matched and was left alone: excluded, slower, or beyond its tolerance. */
export interface LeftBlock {
  readonly name: string;
  readonly reason: string;
  /** The worst difference that verification found, where that is the reason. */
  readonly maxError?: number;
}

/** A fused block whose kernel computes in float32 though the model was loaded with precision 'float16'. */
export interface InFloat32 {
  readonly name: string;
  /** What float16 does not hold. */
  readonly reason: string;
}

/** A near miss: what kept `root` from being a block of `rule`. */
export interface Miss {
  readonly rule: string;
  readonly root: string;
  /** The node that stopped the match. */
  readonly at: string;
  readonly reason: string;
}

/** An op that stock tfjs cannot run, and how it is spelled now. */
export interface Legalized {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface FusionReport {
  readonly blocks: readonly FusedBlock[];
  readonly left: readonly LeftBlock[];
  readonly misses: readonly Miss[];
  readonly legalized: readonly Legalized[];
  /** Where the model was loaded with precision 'float16': the blocks that are not. */
  readonly inFloat32?: readonly InFloat32[];
}
