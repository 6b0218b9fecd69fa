/** A pass as data: its dispatch, its uniforms, and what it costs; of a step's candidates the fastest. */
import {type LayerSection, PANEL, roundUp} from '../../params.ts';
import {workgroupBytes} from '../wgsl/shaders.ts';
import {passSeconds} from './costModel.ts';
import type {Step} from './cuts.ts';
import {FAMILIES} from './families.ts';
import {type BlockOnDevice, pixelsOfTensor, tensorBytes, type TensorName, tensorShape} from './tensors.ts';
import {imageUniforms, linearUniforms, type Uniforms} from './uniforms.ts';
import {invocationsOf, type Variant} from './variant.ts';
import {ELEMENT_BYTES, groupWork} from './work.ts';

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

/** Returns the step's fastest pass by the cost model, or the reason why none fits the device. */
export function fastestPass(block: BlockOnDevice, step: Step): Pass | string {
  const refusal = bindingRefusal(block, step);
  if (refusal !== null) return refusal;
  let best: Pass | null = null;
  for (const pass of passesOf(block, step)) if (pass.cost.seconds < (best?.cost.seconds ?? Infinity)) best = pass;
  return best ?? `no tile from ${step.inputs[0]} to ${step.output} fits`;
}

/** Yields the step's passes that fit the device, of each of its candidates one. */
export function* passesOf(block: BlockOnDevice, step: Step): Generator<Pass> {
  const sized = {...step, ...stepBytes(block, step), outputShape: tensorShape(block, step.output)};
  for (const variant of step.candidates()) {
    const pass = passOf(block, sized, variant);
    if (pass !== null) yield pass;
  }
}

/** Returns why the device cannot bind a tensor of this step; null where it can bind them all. */
function bindingRefusal(block: BlockOnDevice, {inputs, output}: Step): string | null {
  const {layout, precision, traits} = block;
  const sizes: [string, number][] = [
    ['params', layout.length * ELEMENT_BYTES[precision]],
    ...[...inputs, output].map((name): [string, number] => [name, tensorBytes(block, name)]),
  ];
  const large = sizes.find(([, bytes]) => bytes > traits.bindingBytes);
  return large === undefined ? null : `${large[0]} takes ${large[1]} bytes, and a binding holds ${traits.bindingBytes}`;
}

/** A step with what all its passes have in common. */
interface SizedStep extends Step {
  readonly outputShape: readonly number[];
  readonly tensorBytes: number;
  readonly weightBytes: number;
}

/** Returns the pass of a variant, or null where it exceeds a limit of the device. */
function passOf(block: BlockOnDevice, step: SizedStep, variant: Variant): Pass | null {
  const {inputs, output, outputShape, tensorBytes, weightBytes} = step;
  const {traits} = block;
  const threads = invocationsOf(variant);
  const memory = workgroupBytes(variant);
  if (threads > traits.invocations || memory > traits.workgroupBytes) return null;
  const group = groupWork(variant);
  const uniforms = uniformsOf(block, variant, output);
  const dispatch = dispatchOf(variant, uniforms.tiles, traits.workgroupsPerDimension);
  if (dispatch.some((workgroups) => workgroups > traits.workgroupsPerDimension)) return null;
  const workgroups = uniforms.tiles * dispatch[2];
  const {dispatchSeconds} = FAMILIES[traits.family].gpu;
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
  return {variant, inputs, output, outputShape, dispatch, uniforms, cost};
}

/** Tiles along x, in as many rows along y as the limit asks for; column tiles along z. */
function dispatchOf(variant: Variant, tiles: number, limit: number): [number, number, number] {
  const rows = Math.ceil(tiles / limit);
  const columnTiles = variant.kernel === 'pointwise' ? Math.ceil(variant.layer.outputs / variant.tile.columns) : 1;
  return [Math.ceil(tiles / rows), rows, columnTiles];
}

function uniformsOf(block: BlockOnDevice, variant: Variant, output: TensorName): Uniforms {
  const {size, geometry} = block;
  switch (variant.kernel) {
    case 'pointwise':
      return linearUniforms(pixelsOfTensor(block, output), variant.tile.rows);
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
  return {
    tensorBytes: [...inputs, output].reduce((sum, name) => sum + tensorBytes(block, name), 0),
    weightBytes: weights * ELEMENT_BYTES[block.precision],
  };
}

/** Weights, biases and slopes, as params hold them. */
function layerElements({depth, outputs, slopes}: LayerSection): number {
  return (depth + (slopes === null ? 1 : 2)) * roundUp(outputs, PANEL);
}
