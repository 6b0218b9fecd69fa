/** Loading a model fused: from wherever tfjs loads models, and from files in Node, into one of tfjs's own GraphModels. */
import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {io, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';

import {BlockFusionError} from '../../ops/errors.ts';
import type {Precision} from '../../ops/params.ts';
import {compileBlocks, compileModel} from './compileAhead.ts';
import {shapeAttr, shapeOf} from '../graph/attrs.ts';
import {bareName} from '../graph/graph.ts';
import {asGraphDef, type Signature} from '../graph/graphDef.ts';
import {readWeightData} from '../graph/weights.ts';
import {requirePrecision} from './precision.ts';
import {registerBlockFusion} from './register.ts';
import {OWN_TFJS, type Tfjs} from '../tfjs.ts';
import type {FusedBlock, FuseOptions, FusionReport} from '../rewrite/report.ts';
import {fuseModelArtifacts} from '../rewrite/fuse.ts';
import {withParamsIn} from '../rewrite/precision.ts';

export interface LoadOptions extends FuseOptions, io.LoadOptions {
  /**
   * What weights, and what kernels hold of a block in fast memory, are in; sums are float32 in either. Default 'float32';
   * 'float16' needs backend 'webgpu' on a device with shader-f16, as createFusedWebGPUBackend makes it.
   */
  readonly precision?: Precision;
  /** Whether to run the model once on zeros, so that the first prediction is as fast as the rest. Default false. */
  readonly warmup?: boolean;
  /** Whether to drop the copy of the weights that GraphModel keeps for `save()`, which then no longer works. Default false. */
  readonly releaseWeightData?: boolean;
  /** The page's own copy of tfjs. Default: the one that this package imports. */
  readonly tf?: Tfjs;
}

/** A GraphModel that also says what was fused. */
export type FusedGraphModel = GraphModel & {readonly fusionReport: FusionReport};

export interface Warmup {
  /** Pipelines that were compiled; 0 on backends that have none. */
  readonly pipelines: number;
  readonly ms: number;
}

/** Which copy of tfjs a model was made by. */
const makers = new WeakMap<GraphModel, Tfjs>();

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
  const {tf = OWN_TFJS, precision = 'float32'} = options;
  await tf.ready();
  requirePrecision(tf, precision, 'loadFusedGraphModel');
  registerBlockFusion(tf);
  const original = await loadArtifacts(await sourceOf(model, options, tf));
  const input = statedInput(original);
  const inputShape = options.inputShape ?? input.shape;
  const fused = await fuseModelArtifacts(original, {
    ...options,
    blocks: options.blocks ?? (inputShape === null ? 'all' : 'when-faster'),
    backend: options.backend ?? tf.getBackend(),
  });
  const {artifacts, inFloat32} = withParamsIn(precision, fused.artifacts, options);
  const report = precision === 'float16' ? {...fused.report, inFloat32} : fused.report;
  const shapes = inputShape === null || input.name === null ? {} : {[input.name]: inputShape};
  const plans = await compileBlocks(tf, artifacts, {shapes});
  return finish(tf, {artifacts: {...artifacts}, report: withPlans(report, plans), inputShape, options});
}

function withPlans(report: FusionReport, plans: ReadonlyMap<string, string>): FusionReport {
  const planned = (block: FusedBlock): FusedBlock => {
    const plan = plans.get(block.name);
    return plan === undefined ? block : {...block, plan};
  };
  return {...report, blocks: report.blocks.map(planned)};
}

/** Returns a handler that loads what another one loads, fused, for tf.loadGraphModel: call registerBlockFusion() first. */
export function fusedIOHandler(handler: io.IOHandler, options: FuseOptions = {}): io.IOHandler {
  return {load: async () => (await fuseModelArtifacts(await loadArtifacts(handler), options)).artifacts};
}

/**
 * Runs a model once on zeros, which compiles and allocates what its first prediction would; on webgpu all is compiled before, and
 * the page does not wait for it. Run no other model meanwhile.
 * Shapes: `inputShape` of the first input; sizes that other inputs leave open are taken as 1.
 */
export async function warmup(model: GraphModel, inputShape: readonly number[]): Promise<Warmup> {
  const tf = makers.get(model) ?? OWN_TFJS;
  const start = performance.now();
  const inputs: NamedTensorMap = {};
  let outputs: Tensor[] = [];
  let pipelines: number;
  try {
    for (const [i, {name, shape = [], dtype}] of model.inputs.entries())
      inputs[name] = tf.zeros(i === 0 ? [...inputShape] : shape.map((size) => Math.max(size, 1)), dtype);
    pipelines = await compileModel(tf, model, inputs);
    outputs = [model.execute(inputs)].flat();
    await Promise.all(outputs.map((output) => output.data()));
  } finally {
    tf.dispose([inputs, outputs]);
  }
  return {pipelines, ms: performance.now() - start};
}

async function sourceOf(model: string | io.IOHandler, options: LoadOptions, tf: Tfjs): Promise<io.IOHandler> {
  if (typeof model !== 'string') return model;
  if (isPath(model, tf)) {
    const {modelFileHandler} = await import('./modelFiles.ts');
    return modelFileHandler(model, {onProgress: options.onProgress});
  }
  const url = options.fromTFHub === true ? `${model.replace(/\/$/, '')}/model.json?tfjs-format=file` : model;
  const handlers = options.requestInit === undefined ? tf.io.getLoadHandlers(url, options) : [];
  return handlers[0] ?? tf.io.http(url, options);
}

/** In Node what is no URL is a file; in a page a path is a relative URL. */
function isPath(model: string, tf: Tfjs): boolean {
  const isNode = tf.env().getBool('IS_NODE') && !tf.env().getBool('IS_BROWSER');
  return isNode && (model.startsWith('file:') || !/^[a-z][a-z0-9+.-]*:\/\//i.test(model));
}

async function loadArtifacts(handler: io.IOHandler): Promise<io.ModelArtifacts> {
  if (handler.load === undefined)
    throw new BlockFusionError('invalid-option', {
      where: 'loadFusedGraphModel',
      must: 'the handler must have a load method',
      got: Object.keys(handler),
      fix: 'give a handler that can load, or a URL',
    });
  return readWeightData(await handler.load());
}

/** The first input: its node, and its shape with an open batch as 1; null where the model leaves another size open. */
function statedInput({modelTopology, userDefinedMetadata, ...artifacts}: io.ModelArtifacts): {
  name: string | null;
  shape: number[] | null;
} {
  const signature = (userDefinedMetadata?.['signature'] ?? artifacts.signature) as Signature | undefined;
  const [entry] = Object.values(signature?.inputs ?? {});
  const {node} = asGraphDef(modelTopology, 'modelTopology');
  const name = entry?.name && bareName(entry.name);
  const placeholder = node.find((def) => def.op.startsWith('Placeholder') && (name ?? def.name) === def.name);
  const stated = entry?.tensorShape ? shapeOf(entry.tensorShape) : null;
  const [batch = -1, ...sizes] = stated ?? (placeholder && shapeAttr(placeholder, 'shape')) ?? [];
  const shape = sizes.length === 0 || sizes.includes(-1) ? null : [Math.max(batch, 1), ...sizes];
  return {name: placeholder?.name ?? null, shape};
}

interface Fused {
  /** A copy of this module's own: GraphModel keeps this very object. */
  readonly artifacts: io.ModelArtifacts;
  readonly report: FusionReport;
  readonly inputShape: readonly number[] | null;
  readonly options: LoadOptions;
}

async function finish(tf: Tfjs, {artifacts, report, inputShape, options}: Fused): Promise<FusedGraphModel> {
  const model = Object.assign(buildModel(tf, artifacts), {fusionReport: report});
  makers.set(model, tf);
  if (options.warmup === true) {
    try {
      await warmup(model, knownShape(inputShape));
    } catch (cause) {
      model.dispose();
      throw cause;
    }
  }
  if (options.releaseWeightData === true) releaseWeightData(model, artifacts);
  return model;
}

/** Makes the model at one go and in a tidy, so that no weight stays behind when tfjs refuses the graph. */
function buildModel(tf: Tfjs, artifacts: io.ModelArtifacts): GraphModel {
  let model: GraphModel | undefined;
  tf.tidy(() => {
    model = tf.loadGraphModelSync(artifacts) as unknown as GraphModel;
    return model.weights;
  });
  return model!;
}

function knownShape(inputShape: readonly number[] | null): readonly number[] {
  if (inputShape !== null) return inputShape;
  throw new BlockFusionError('invalid-option', {
    where: 'loadFusedGraphModel',
    must: 'warmup needs the shape of an input that the model leaves open',
    got: 'no inputShape',
    fix: 'give inputShape, as in [1, 224, 224, 3]',
  });
}

function releaseWeightData(model: GraphModel, artifacts: io.ModelArtifacts): void {
  artifacts.weightData = new ArrayBuffer(0);
  model.save = () =>
    Promise.reject(
      new BlockFusionError('invalid-option', {
        where: 'save',
        must: 'the model must still have its weight data',
        got: 'a model loaded with releaseWeightData',
        fix: 'load it without that option to save it',
      }),
    );
}
