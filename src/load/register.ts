/** Registration of the op and its kernels with tfjs: explicit, idempotent, and never over somebody else's. */
import type {GraphNode} from '@tensorflow/tfjs-converter';
import type {GradConfig, KernelBackend, KernelConfig, Tensor1D, Tensor4D} from '@tensorflow/tfjs-core';
import {engine, getGradient, getKernel, registerGradient, registerKernel} from '@tensorflow/tfjs-core';
import {decodeBlockAttrs, FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {BlockFusionError} from '../../ops/errors.ts';
import {BLOCK_KERNELS} from '../../ops/kernels.ts';
import {blockGradient, fusedResidualBlock} from '../../ops/op.ts';
import {checkOptionNames, checkThreads} from '../../ops/options.ts';
import {OWN_TFJS, type Tfjs} from '../tfjs.ts';
import {VERSION} from '../version.ts';

/** Marks what this package registered, with its version: the same symbol in every copy of the package. */
const MARK = Symbol.for('tfjs-block-fusion');

/** What registering takes. */
export interface RegisterOptions {
  /** The page's own tfjs: its converter gets the op. Default: the converter that this package imports. */
  readonly tf?: Tfjs | undefined;
  /**
   * How many threads compute a block on backend wasm, the calling one among them; 1 for none of our own. Default: as many as tfjs
   * takes for its own kernels. They start now, or with the backend, and need a cross-origin isolated page.
   */
  readonly threads?: number | undefined;
}

/**
 * Registers the op `FusedResidualBlock` and its kernels with tfjs. A second call does nothing, nor does one from a second copy
 * of the same version.
 * Throws: `invalid-option`; `registration` where another version, or somebody else, holds the name.
 */
export function registerBlockFusion(options: RegisterOptions = {}): void {
  checkOptionNames('registerBlockFusion', options, ['tf', 'threads']);
  const {tf = OWN_TFJS, threads} = options;
  checkThreads('registerBlockFusion', threads);
  registerKernels(threads);
  registerBlockGradient();
  registerGraphOp(tf);
}

/** The kernel registry is one for all copies of tfjs in a page. */
function registerKernels(threads: number | undefined): void {
  for (const kernel of BLOCK_KERNELS) {
    const {config} = kernel;
    // tfjs sets up kernels when their backend is made, or taken up again.
    const setupFunc = (backend: object): void => void kernel.threads?.start(backend as KernelBackend, threads);
    const present = getKernel(FUSED_RESIDUAL_BLOCK, config.backendName) as KernelConfig | undefined;
    if (present === undefined) registerKernel({...config, kernelFunc: marked(config.kernelFunc), setupFunc});
    else refuseForeign(`kernel of backend '${config.backendName}'`, markOf(present.kernelFunc));
    const running = engine().registry[config.backendName];
    if (running !== undefined) setupFunc(running);
  }
}

function registerBlockGradient(): void {
  const present = getGradient(FUSED_RESIDUAL_BLOCK) as GradConfig | undefined;
  if (present === undefined) registerGradient(marked(blockGradient()));
  else refuseForeign('gradient', markOf(present));
}

/** The converter keeps its ops to itself: the mark sits on the registerOp function of that copy. */
function registerGraphOp(tf: Tfjs): void {
  if (graphOpIsKnown(tf)) {
    refuseForeign('graph op', markOf(tf.registerOp));
    return;
  }
  tf.registerOp(FUSED_RESIDUAL_BLOCK, (node: GraphNode) => {
    const [x, params] = node.inputs as [Tensor4D, Tensor1D];
    return fusedResidualBlock(x, params, decodeBlockAttrs(node.attrs));
  });
  marked(tf.registerOp);
}

/** The converter has no lookup: a graph of one node tells whether the op's name was known when the graph was mapped. */
function graphOpIsKnown(tf: Tfjs): boolean {
  const probe = tf.loadGraphModelSync({
    modelTopology: {node: [{name: 'probe', op: FUSED_RESIDUAL_BLOCK, input: [], attr: {}}], versions: {}},
    weightSpecs: [],
    weightData: new ArrayBuffer(0),
  });
  const {executor} = probe as unknown as {executor: {graph: {nodes: Record<string, {category?: string}>}}};
  const {category} = executor.graph.nodes['probe']!;
  probe.dispose();
  return category === 'custom';
}

type Marked = object & {[MARK]?: string};

function marked<T extends object>(holder: T): T {
  (holder as Marked)[MARK] = VERSION;
  return holder;
}

function markOf(holder: object): string | undefined {
  return (holder as Marked)[MARK];
}

function refuseForeign(what: string, version: string | undefined): void {
  if (version === VERSION) return;
  throw new BlockFusionError('registration', {
    where: 'registerBlockFusion',
    must: `the ${what} '${FUSED_RESIDUAL_BLOCK}' must be free or of version ${VERSION}`,
    got: version === undefined ? 'one that is not of this package' : `version ${version}`,
    fix: 'load one version of tfjs-block-fusion, and no other op of this name',
  });
}
