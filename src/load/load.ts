/** Loading a model fused: from wherever tfjs loads models, and from files in Node, into one of tfjs's own GraphModels. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io} from '@tensorflow/tfjs-core';
import {backend, env, getBackend, ready} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../../ops/errors.ts';
import {ONE_THREAD, type SideThreads} from '../../ops/blockKernel.ts';
import {blockKernelOf} from '../../ops/kernels.ts';
import {checkOptionNames, checkThreads} from '../../ops/options.ts';
import type {Precision} from '../../ops/params.ts';
import {createGraph, type Graph} from '../graph/graph.ts';
import {closedInputShape} from '../graph/inputs.ts';
import {readWeightData} from '../graph/weights.ts';
import {fuseGraph, fuseModelArtifacts} from '../rewrite/fuse.ts';
import {checkFuseOptions, FUSE_OPTIONS, type FuseOptions} from '../rewrite/options.ts';
import type {InPrecision} from '../rewrite/precision.ts';
import {type FusionReport, reportOf} from '../rewrite/report.ts';
import {fusedNodes} from '../rewrite/wellFormed.ts';
import {OWN_TFJS, type Tfjs} from '../tfjs.ts';
import {buildModel} from './buildModel.ts';
import {compileBlocks} from './compileAhead.ts';
import {requirePrecision} from './precisionSupport.ts';
import {registerBlockFusion} from './register.ts';
import {warmup} from './warmup.ts';

/**
 * What loading takes: this, and the options of `tf.loadGraphModel` (`onProgress`, `requestInit`, `fetchFunc` and the others). Params are
 * never rounded while a model loads, but for `precision`: how a file stores them is a matter of files.
 */
export interface LoadOptions extends Omit<FuseOptions, 'storage' | 'threads'>, io.LoadOptions {
  /**
   * 'all' blocks that match, or those that are estimated to be faster on `backend` at `inputShape`. Default: 'when-faster' where the
   * model states its input's size or `inputShape` does, else 'all'.
   */
  readonly blocks?: 'all' | 'when-faster';
  /** The backend that 'when-faster' judges for, by tfjs's name. Default: the current one. */
  readonly backend?: string;
  /**
   * What weights, and what kernels hold of a block in fast memory, are in; sums are float32 in either. Default 'float32';
   * 'float16' needs backend 'webgpu' on a device with shader-f16, as createFusedWebGPUBackend makes it.
   */
  readonly precision?: Precision;
  /** Whether to run the model once on zeros, so that the first prediction is as fast as the rest. Default false. */
  readonly warmup?: boolean;
  /** Whether to drop the copy of the weights that GraphModel keeps for `save()`, which then no longer works. Default false. */
  readonly releaseWeightData?: boolean;
  /**
   * How many threads compute a block on backend wasm, the calling one among them, for this model and all others; 1 for none of our
   * own. Default: as many as tfjs takes for its own kernels. They need a cross-origin isolated page; `fusionReport.threads` says
   * how many there are, and why not more.
   */
  readonly threads?: number;
  /** The page's own copy of tfjs. Default: the one that this package imports. */
  readonly tf?: Tfjs;
}

/** A GraphModel that also says what was fused. */
export type FusedGraphModel = GraphModel & {
  /** What was fused, what was not, and why. */
  readonly fusionReport: FusionReport;
};

/**
 * Returns the model at a URL, a path (in Node) or behind a handler, with its blocks fused: those that pay on the backend in
 * use where the model states its input's size or `inputShape` does, else all. On webgpu the kernels of blocks of known size are
 * compiled when it returns; others run on stock ops until theirs are, or `await warmup(model, inputShape)`.
 * Throws: `invalid-model`, `unsupported-model`, `invalid-option`, `registration`, and what tfjs throws when a request fails.
 */
export async function loadFusedGraphModel(
  model: string | io.IOHandler,
  options: LoadOptions = {},
): Promise<FusedGraphModel> {
  return loadFused(model, options, {where: 'loadFusedGraphModel', graphOf: createGraph});
}

/** What a loader is for one format of models: its name, and how it reads their graph. */
interface Format {
  readonly where: string;
  readonly graphOf: (artifacts: io.ModelArtifacts) => Graph;
}

/** Returns the model of a format with its blocks fused. Throws: as loadFusedGraphModel, and what `graphOf` throws. */
export async function loadFused(
  model: string | io.IOHandler,
  options: LoadOptions,
  {where, graphOf}: Format,
): Promise<FusedGraphModel> {
  const fuseOptions = checkLoadOptions(options, where);
  const {tf = OWN_TFJS, precision = 'float32'} = options;
  await ready();
  requirePrecision(precision, where);
  registerBlockFusion({tf, threads: options.threads});
  const graph = graphOf(await loadArtifacts(await handlerOf(model, options, tf), where));
  const inputShape = options.inputShape ?? closedInputShape(graph);
  const {threads} = blockKernelOf(getBackend()) ?? {};
  await threads?.start(backend(), options.threads);
  const judged = options.backend ?? getBackend();
  const {shapes, fusion, ...fused} = await fuseGraph(
    graph,
    {
      ...fuseOptions,
      ...(inputShape === null ? {} : {inputShape}),
      blocks: options.blocks ?? (inputShape === null ? 'all' : 'when-faster'),
      backend: judged,
    },
    sideThreads(judged),
  );
  const inPrecision = await toPrecision(precision, fused.graph, fuseOptions);
  const plans = await compileBlocks(inPrecision.graph, shapes);
  const fusionReport = reportOf(fusion, {
    plans,
    threads: threads?.count(backend()),
    ...(precision === 'float16' ? {inFloat32: inPrecision.inFloat32} : {}),
  });
  const loaded = Object.assign(buildModel(tf, inPrecision.graph, options), {fusionReport});
  if (options.warmup === true) await warmupOrDispose(loaded, inputShape, where);
  if (fusionReport.blocks.length === 0) sayWhereNoKernelIs();
  return loaded;
}

/** Returns the threads of a backend: of one that is not in use nothing is known. */
function sideThreads(backendName: string): SideThreads {
  const threads = blockKernelOf(backendName)?.threads;
  if (threads === undefined || backendName !== getBackend()) return ONE_THREAD;
  return {stock: threads.ofStock(backend()), fused: threads.count(backend()).count};
}

/** Few models run in another precision than they are stored in: what changes it is imported late. */
async function toPrecision(precision: Precision, graph: Graph, options: FuseOptions): Promise<InPrecision> {
  if (fusedNodes(graph).every((node) => node.precision === precision)) return {graph, inFloat32: []};
  const {withParamsIn} = await import('../rewrite/precision.ts');
  return withParamsIn(precision, graph, options);
}

/**
 * Returns a handler that loads what another one loads, fused, for tf.loadGraphModel: call registerBlockFusion() first.
 * Throws: `invalid-option`; its `load` as fuseModelArtifacts.
 */
export function fusedIOHandler(handler: io.IOHandler, options: FuseOptions = {}): io.IOHandler {
  checkFuseOptions('fusedIOHandler', options);
  return {
    load: async () => (await fuseModelArtifacts(await loadArtifacts(handler, 'fusedIOHandler'), options)).artifacts,
  };
}

/** What loading takes beside the options of the rewrite: its own, and tfjs's. */
const LOAD_OPTIONS: readonly (keyof (LoadOptions & io.LoadOptions))[] = [
  ...(['precision', 'warmup', 'releaseWeightData', 'threads', 'tf'] as const),
  ...([
    'requestInit',
    'onProgress',
    'fetchFunc',
    'strict',
    'weightPathPrefix',
    'fromTFHub',
    'weightUrlConverter',
    'streamWeights',
  ] as const),
];
const REWRITE_OPTIONS = FUSE_OPTIONS.filter((name) => name !== 'storage' && name !== 'threads');

/** Returns those options that are the rewrite's. Throws: `invalid-option`. */
function checkLoadOptions(options: LoadOptions, where: string): FuseOptions {
  checkOptionNames(where, options, [...REWRITE_OPTIONS, ...LOAD_OPTIONS]);
  checkThreads(where, options.threads);
  const given = REWRITE_OPTIONS.filter((name) => options[name] !== undefined);
  const fuseOptions = Object.fromEntries(given.map((name) => [name, options[name]])) as FuseOptions;
  checkFuseOptions(where, fuseOptions);
  return fuseOptions;
}

async function handlerOf(model: string | io.IOHandler, options: LoadOptions, tf: Tfjs): Promise<io.IOHandler> {
  if (typeof model !== 'string') return model;
  if (isPath(model)) {
    const {modelFileHandler} = await import('./modelFiles.ts');
    return modelFileHandler(model, {onProgress: options.onProgress});
  }
  const url = options.fromTFHub === true ? `${model.replace(/\/$/, '')}/model.json?tfjs-format=file` : model;
  const handlers = options.requestInit === undefined ? tf.io.getLoadHandlers(url, options) : [];
  return handlers[0] ?? tf.io.http(url, options);
}

/** In Node what is no URL is a file; in a page a path is a relative URL. */
function isPath(model: string): boolean {
  const isNode = env().getBool('IS_NODE') && !env().getBool('IS_BROWSER');
  return isNode && (model.startsWith('file:') || !/^[a-z][a-z0-9+.-]*:\/\//i.test(model));
}

async function loadArtifacts(handler: io.IOHandler, where: string): Promise<io.ModelArtifacts> {
  if (handler.load === undefined)
    throw new BlockFusionError('invalid-option', {
      where,
      must: 'the handler must have a load method',
      got: Object.keys(handler),
      fix: 'give a handler that can load, or a URL',
    });
  return readWeightData(await handler.load());
}

async function warmupOrDispose(
  model: FusedGraphModel,
  inputShape: readonly number[] | null,
  where: string,
): Promise<void> {
  try {
    await warmup(model, knownShape(inputShape, where));
  } catch (cause) {
    model.dispose();
    throw cause;
  }
}

function knownShape(inputShape: readonly number[] | null, where: string): readonly number[] {
  if (inputShape !== null) return inputShape;
  throw new BlockFusionError('invalid-option', {
    where,
    must: 'warmup needs the shape of an input that the model leaves open',
    got: 'no inputShape',
    fix: 'give inputShape, as in [1, 224, 224, 3]',
  });
}

/** Said once a page: most who see it have forgotten to choose a backend. */
let saidNoKernel = false;

function sayWhereNoKernelIs(): void {
  const backendName = getBackend();
  if (saidNoKernel || blockKernelOf(backendName) !== undefined) return;
  saidNoKernel = true;
  console.info(
    `tfjs-block-fusion: nothing is fused, since backend '${backendName}' has no fused kernel; import and set 'wasm' or 'webgpu'`,
  );
}
