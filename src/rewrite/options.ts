/** What fusing takes: the options of `fuseModelArtifacts`, and the check that options are known ones. */
import {BlockFusionError} from '../../ops/errors.ts';
import {checkOptionNames, checkThreads} from '../../ops/options.ts';

/** What fusing takes. */
export interface FuseOptions {
  /** 'all' blocks that match, or those that are estimated to be faster on `backend` at `inputShape`. Default 'all'. */
  readonly blocks?: 'all' | 'when-faster';
  /** The backend that 'when-faster' judges for, by tfjs's name. Default 'wasm'. */
  readonly backend?: string;
  /** The threads that 'when-faster' takes both stock kernels and fused ones of backend wasm to run on. Default 1. */
  readonly threads?: number;
  /** The shape of the model's first input, for sizes that the model leaves open. Units: elements. Default: they stay open. */
  readonly inputShape?: readonly number[];
  /** Names of blocks (their root nodes) to leave alone. Default: none. */
  readonly exclude?: readonly string[];
  /** Nodes whose values must stay readable, as by `model.execute(x, name)`. Default: none. */
  readonly keepNodes?: readonly string[];
  /** Whether to run each fused block against the nodes that it replaced, on the cpu backend. Default false. */
  readonly verify?: boolean;
  /**
   * How params are stored: 'float32'; 'float16', where their numbers fit; or 'keep', which is float16 for a block whose matrices the
   * model stored quantized, as long as running the block shows no more than one rounding of its weights makes. That, like `verify`,
   * needs the cpu backend. Default 'float32'.
   */
  readonly storage?: 'keep' | 'float32' | 'float16';
}

const CHOICES: Readonly<Record<keyof FuseOptions, readonly string[] | null>> = {
  blocks: ['all', 'when-faster'],
  backend: null,
  threads: null,
  inputShape: null,
  exclude: null,
  keepNodes: null,
  verify: null,
  storage: ['keep', 'float32', 'float16'],
};

/** The names of all options. */
export const FUSE_OPTIONS = Object.keys(CHOICES) as readonly (keyof FuseOptions)[];

/** Checks the options of the rewrite. Throws: `invalid-option`. */
export function checkFuseOptions(where: string, options: object): void {
  checkOptionNames(where, options, FUSE_OPTIONS);
  checkThreads(where, (options as FuseOptions).threads);
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (choices === null || value === undefined || choices.includes(value as string)) continue;
    throw new BlockFusionError('invalid-option', {
      where,
      must: `${name} must be one of ${choices.join(', ')}`,
      got: value,
      fix: 'use one of these, or leave it out',
    });
  }
}
