/** A pass as data: its dispatch, its uniforms, and what it costs; of a step's candidates the fastest. */
import {getOrMake} from '../../getOrMake.ts';
import {FLOAT_BYTES, type LayerSection, PANEL, roundUp} from '../../params.ts';
import {elements} from '../../shape.ts';
import {workgroupBytes} from '../wgsl/shaders.ts';
import {passSeconds} from './costModel.ts';
import {type GroupWork, sequence} from './counts.ts';
import type {Step} from './cuts.ts';
import {FAMILIES} from './families.ts';
import {ELEMENT_BYTES} from './stageWork.ts';
import {sumsWork} from './sweepWork.ts';
import {
  type BlockOnDevice,
  pixelsOfTensor,
  type SizedTensor,
  sumsShape,
  tensorBytes,
  type TensorName,
  tensorShape,
} from './tensors.ts';
import {
  gatesUniforms,
  imageRowUniforms,
  imageUniforms,
  linearUniforms,
  sumsOfImage,
  type Uniforms,
} from './uniforms.ts';
import {invocationsOf, isOfImages, ownGates, type Variant} from './variant.ts';
import {groupWork} from './work.ts';

/** One dispatch. */
export interface Pass {
  readonly variant: Variant;
  /** What it reads, in the order of its bindings; params follow. */
  readonly inputs: readonly TensorName[];
  readonly output: TensorName;
  readonly outputShape: readonly number[];
  /** Workgroups: tiles of pixels along x, in several rows along y where x holds fewer; tiles of columns along z. */
  readonly dispatch: readonly [number, number, number];
  readonly uniforms: Uniforms;
  /** Of `sums`, which it writes as well: a row for each of its tiles; null where it writes none. They are bound after params. */
  readonly sumsShape: readonly number[] | null;
  readonly cost: PassCost;
}

/** What a pass takes, counted; and how long it takes by the cost model. Units: MACs, bytes, seconds. */
export interface PassCost {
  /** Executed: halos that are computed again, and padding to whole tiles, included. */
  readonly macs: number;
  /** Through memory at least: every tensor that it reads or writes, and its weights, once. */
  readonly bytes: number;
  /** What its workgroups read and write in sum: weights once a workgroup, halos again; the caches see it. */
  readonly cacheBytes: number;
  readonly workgroups: number;
  /** Of all its workgroups. */
  readonly invocations: number;
  /** Workgroup memory of a workgroup. */
  readonly workgroupBytes: number;
  readonly seconds: number;
  /** Of these what its dispatch takes beside its work. */
  readonly dispatchSeconds: number;
}

/** The steps of a block are made with it. */
const fastest = new WeakMap<Step, Pass | string>();

/**
 * Returns the step's fastest pass by the cost model, that which takes its sums included; or the reason why none fits the device.
 */
export function fastestPass(block: BlockOnDevice, step: Step): Pass | string {
  return getOrMake(fastest, step, () => chosenPass(block, step));
}

function chosenPass(block: BlockOnDevice, step: Step): Pass | string {
  const refusal = bindingRefusal(block, step);
  if (refusal !== null) return refusal;
  const {gates} = step;
  const ofTiles = new Map<number, number>();
  const gatesSeconds = ({uniforms}: Pass): number =>
    gates === undefined
      ? 0
      : getOrMake(ofTiles, uniforms.tiles, () => fastestOf(passesAfter(block, gates, uniforms)).seconds);
  const {pass} = fastestOf(passesOf(block, step), gatesSeconds);
  return pass ?? `no tile from ${step.inputs[0]} to ${step.output} fits`;
}

/** Returns the pass of least seconds, with what follows from it; none of no passes. */
function fastestOf(
  passes: Iterable<Pass>,
  after: (pass: Pass) => number = () => 0,
): {readonly pass: Pass | null; readonly seconds: number} {
  let best: {readonly pass: Pass | null; readonly seconds: number} = {pass: null, seconds: Infinity};
  for (const pass of passes) {
    const seconds = pass.cost.seconds + after(pass);
    if (seconds < best.seconds) best = {pass, seconds};
  }
  return best;
}

/** Yields the step's passes that fit the device, of each of its candidates one. */
export function* passesOf(block: BlockOnDevice, step: Step): Generator<Pass> {
  const summing = step.summing === undefined ? null : fastestPass(block, step.summing());
  if (typeof summing !== 'string') yield* passesAfter(block, step, summing?.uniforms ?? null);
}

/** Yields the same of a step that takes the sums of a pass with these uniforms; null of one that takes none. */
function* passesAfter(block: BlockOnDevice, step: Step, summing: Uniforms | null): Generator<Pass> {
  const sized = {...step, ...stepBytes(block, step), outputShape: tensorShape(block, step.output)};
  for (const variant of step.candidates()) {
    const pass = passOf(block, {...sized, tileUniforms: summing}, variant);
    if (pass !== null) yield pass;
  }
}

/** Returns why the device cannot bind a tensor of this step; null where it can bind them all. */
function bindingRefusal(block: BlockOnDevice, {inputs, output}: Step): string | null {
  const {layout, precision, traits} = block;
  const sizes: [string, number][] = [
    ['params', layout.length * ELEMENT_BYTES[precision]],
    ...[...inputs, output].filter(isSized).map((name): [string, number] => [name, tensorBytes(block, name)]),
  ];
  const large = sizes.find(([, bytes]) => bytes > traits.bindingBytes);
  return large === undefined ? null : `${large[0]} takes ${large[1]} bytes, and a binding holds ${traits.bindingBytes}`;
}

/** A step with what all its passes have in common. */
interface SizedStep extends Step {
  readonly outputShape: readonly number[];
  readonly tensorBytes: number;
  readonly weightBytes: number;
  /** Of the pass whose sums it takes. */
  readonly tileUniforms: Uniforms | null;
}

/** Returns the pass of a variant, or null where it exceeds a limit of the device. */
function passOf(block: BlockOnDevice, step: SizedStep, variant: Variant): Pass | null {
  const {inputs, output, outputShape, weightBytes, tileUniforms} = step;
  const {traits} = block;
  const threads = invocationsOf(variant);
  const memory = workgroupBytes(variant);
  if (threads > traits.invocations || memory > traits.workgroupBytes) return null;
  const uniforms = uniformsOf(block, variant, step);
  const group = workOf(variant, uniforms);
  const dispatch = dispatchOf(variant, uniforms.tiles, traits.workgroupsPerDimension);
  if (dispatch.some((workgroups) => workgroups > traits.workgroupsPerDimension)) return null;
  const workgroups = uniforms.tiles * dispatch[2];
  const {dispatchSeconds} = FAMILIES[traits.family].gpu;
  const sums = step.gates === undefined ? null : sumsShape(block, uniforms.tiles);
  const summed = sums ?? (tileUniforms === null ? [0] : sumsShape(block, tileUniforms.tiles));
  const tensorBytes = step.tensorBytes + FLOAT_BYTES * elements(summed);
  const work = {...group, workgroups, threads, workgroupBytes: memory, tensorBytes, weightBytes};
  const cost = {
    macs: workgroups * group.macs,
    bytes: tensorBytes + weightBytes,
    cacheBytes: workgroups * group.cacheBytes,
    workgroups,
    invocations: workgroups * threads,
    workgroupBytes: memory,
    seconds: passSeconds(work, traits.family) + dispatchSeconds,
    dispatchSeconds,
  };
  return {variant, inputs, output, outputShape, dispatch, uniforms, sumsShape: sums, cost};
}

/** Returns the work of a workgroup; with that of the sums that are there where it makes gates of them. */
function workOf(variant: Variant, {sums}: Uniforms): GroupWork {
  const work = groupWork(variant);
  const gates = variant.kernel === 'gates' ? variant : variant.kernel === 'pointwise' ? ownGates(variant) : null;
  return gates === null ? work : sequence([sumsWork(gates, sums), work]);
}

/** Tiles along x, in as many rows along y as the limit asks for; column tiles along z. */
function dispatchOf(variant: Variant, tiles: number, limit: number): [number, number, number] {
  const rows = Math.ceil(tiles / limit);
  const columnTiles = variant.kernel === 'pointwise' ? Math.ceil(variant.layer.outputs / variant.tile.columns) : 1;
  return [Math.ceil(tiles / rows), rows, columnTiles];
}

function uniformsOf(block: BlockOnDevice, variant: Variant, {output, tileUniforms}: SizedStep): Uniforms {
  const {size, geometry} = block;
  const {batch} = size;
  switch (variant.kernel) {
    case 'pointwise': {
      const {rows} = variant.tile;
      const pixels = pixelsOfTensor(block, output);
      if (!isOfImages(variant)) return linearUniforms(pixels, rows);
      const sums = tileUniforms === null ? 0 : sumsOfImage(tileUniforms);
      return {...imageRowUniforms(batch, pixels / batch, rows), sums};
    }
    case 'gates':
      return gatesUniforms(batch, tileUniforms!);
    case 'spatial':
      return imageUniforms(size, geometry, variant.tile);
    case 'conv-first':
      return variant.spatial === null
        ? linearUniforms(pixelsOfTensor(block, output), variant.expandTile.rows)
        : imageUniforms(size, geometry, variant.spatial.tile);
    case 'expand-first':
      return imageUniforms(size, geometry, variant.spatial.tile);
    default:
      return variant satisfies never;
  }
}

/** Returns what goes through memory at least: the step's tensors, and the weights of its layers, each once. Units: bytes. */
function stepBytes(
  block: BlockOnDevice,
  {inputs, output, layers}: Step,
): Pick<SizedStep, 'tensorBytes' | 'weightBytes'> {
  const weights = layers.reduce((sum, layer) => sum + layerElements(layer), 0);
  // Of a response norm γ.
  const takesNorms = inputs.includes('sums') && block.layout.responseNorm !== null;
  const scales = takesNorms ? roundUp(block.spec.hiddenChannels, PANEL) : 0;
  return {
    tensorBytes: [...inputs, output].filter(isSized).reduce((sum, name) => sum + tensorBytes(block, name), 0),
    weightBytes: (weights + scales) * ELEMENT_BYTES[block.precision],
  };
}

function isSized(name: TensorName): name is SizedTensor {
  return name !== 'sums';
}

/** Returns the bytes of what a pass binds, in the order of its bindings, params left out, and of its sums. Units: bytes. */
export function boundBytes(
  block: BlockOnDevice,
  {output, inputs, uniforms, sumsShape: sums}: Pass,
): {
  readonly tensors: readonly number[];
  readonly sums: number | null;
} {
  const sumsBytes = (tiles: number): number => FLOAT_BYTES * elements(sumsShape(block, tiles));
  const {batch} = block.size;
  return {
    tensors: [output, ...inputs].map((name) =>
      isSized(name) ? tensorBytes(block, name) : sumsBytes(batch * uniforms.sums),
    ),
    sums: sums === null ? null : sumsBytes(uniforms.tiles),
  };
}

/** Weights, biases and slopes, as params hold them. */
function layerElements({depth, outputs, slopes}: LayerSection): number {
  return (depth + (slopes === null ? 1 : 2)) * roundUp(outputs, PANEL);
}
