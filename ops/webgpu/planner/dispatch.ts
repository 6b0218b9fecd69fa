/** From a variant to a pass: its dispatch, its uniforms, and what it costs; of a step's candidates the fastest. */
import {type BlockGeometry, type BlockSpec, spatialChannels} from '../../block.ts';
import type {ImageSize} from '../../cost.ts';
import {type LayerSection, PANEL, type ParamsLayout, type Precision, roundUp} from '../../params.ts';
import {elements} from '../../shape.ts';
import {passSeconds} from './costModel.ts';
import type {DeviceTraits} from './device.ts';
import type {Pass, TensorName} from './pass.ts';
import {imageUniforms, linearUniforms, type Uniforms} from './uniforms.ts';
import {LANE, type Variant} from './variant.ts';
import {ELEMENT_BYTES, groupWork, invocationsOf} from './work.ts';
import {workgroupBytes} from './workgroupMemory.ts';

/** A block to be planned, for a device. */
export interface Problem {
  readonly spec: BlockSpec;
  readonly size: ImageSize;
  readonly geometry: BlockGeometry;
  readonly layout: ParamsLayout;
  readonly precision: Precision;
  readonly traits: DeviceTraits;
}

/** A part of a plan: what it reads and writes, and the shaders that could do it. */
export interface Step {
  readonly inputs: readonly TensorName[];
  readonly output: TensorName;
  readonly layers: readonly LayerSection[];
  readonly candidates: Iterable<Variant>;
}

/** Returns the step's fastest pass by the cost model, or the reason why none fits the device. */
export function fastestPass(problem: Problem, step: Step): Pass | string {
  const refusal = bindingRefusal(problem, step);
  if (refusal !== null) return refusal;
  const place = {...step, outputShape: tensorShape(problem, step.output), bytes: stepBytes(problem, step)};
  let best: Pass | null = null;
  for (const variant of step.candidates) {
    const pass = passOf(problem, place, variant);
    if (pass !== null && pass.cost.seconds < (best?.cost.seconds ?? Infinity)) best = pass;
  }
  return best ?? `no tile from ${step.inputs[0]} to ${step.output} fits`;
}

/** Why the device cannot bind a tensor of this step; null where it can bind them all. */
function bindingRefusal(problem: Problem, {inputs, output}: Step): string | null {
  const {layout, precision, traits} = problem;
  const sizes: [string, number][] = [
    ['params', layout.length * ELEMENT_BYTES[precision]],
    ...[...inputs, output].map((name): [string, number] => [name, tensorBytes(problem, name)]),
  ];
  const large = sizes.find(([, bytes]) => bytes > traits.bindingBytes);
  return large === undefined ? null : `${large[0]} takes ${large[1]} bytes, and a binding holds ${traits.bindingBytes}`;
}

/** A step with what its passes have in common. */
interface Place extends Step {
  readonly outputShape: readonly number[];
  readonly bytes: number;
}

/** Returns the pass of a variant, or null where the device does not hold it. */
function passOf(problem: Problem, {inputs, output, outputShape, bytes}: Place, variant: Variant): Pass | null {
  const {traits} = problem;
  const threads = invocationsOf(variant);
  const memory = workgroupBytes(variant);
  if (threads > traits.invocations || memory > traits.workgroupBytes) return null;
  const group = groupWork(variant);
  const uniforms = uniformsOf(problem, variant, output);
  const dispatch = dispatchOf(variant, uniforms.tiles, traits.workgroupsPerDimension);
  if (dispatch.some((workgroups) => workgroups > traits.workgroupsPerDimension)) return null;
  const workgroups = uniforms.tiles * dispatch[2];
  const cost = {
    macs: workgroups * group.macs,
    bytes,
    cacheBytes: workgroups * group.cacheBytes,
    workgroups,
    invocations: workgroups * threads,
    workgroupBytes: memory,
    seconds: passSeconds({...group, workgroups, threads, workgroupBytes: memory, bytes}),
  };
  return {variant, inputs, output, outputShape, dispatch, uniforms, cost};
}

/** Tiles along x, in as many rows along y as the limit asks for; column tiles along z. */
function dispatchOf(variant: Variant, tiles: number, most: number): [number, number, number] {
  const down = Math.ceil(tiles / most);
  const columnTiles = variant.kernel === 'pointwise' ? Math.ceil(variant.layer.outputs / variant.tile.columns) : 1;
  return [Math.ceil(tiles / down), down, columnTiles];
}

function uniformsOf(problem: Problem, variant: Variant, output: TensorName): Uniforms {
  const {size, geometry} = problem;
  switch (variant.kernel) {
    case 'pointwise':
      return linearUniforms(pixelsOfTensor(problem, output), variant.tile.rows);
    case 'spatial':
      return imageUniforms(size, geometry, variant.tile);
    case 'conv-first':
      return variant.spatial === null
        ? linearUniforms(pixelsOfTensor(problem, output), variant.expandTile.rows)
        : imageUniforms(size, geometry, variant.spatial.tile);
    case 'expand-first':
      return imageUniforms(size, geometry, variant.spatial.tile);
    default:
      return variant satisfies never;
  }
}

/** What goes through memory at least: its tensors, and the weights of its layers, each once. */
function stepBytes(problem: Problem, {inputs, output, layers}: Step): number {
  const weights = layers.reduce((sum, {depth, outputs}) => sum + (depth + 1) * roundUp(outputs, PANEL), 0);
  const tensors = [...inputs, output].reduce((sum, name) => sum + tensorBytes(problem, name), 0);
  return tensors + weights * ELEMENT_BYTES[problem.precision];
}

function tensorBytes(problem: Problem, name: TensorName): number {
  return ELEMENT_BYTES.float32 * elements(tensorShape(problem, name));
}

function tensorShape(problem: Problem, name: TensorName): number[] {
  const {spec, size, geometry} = problem;
  switch (name) {
    case 'x':
      return [size.batch, size.height, size.width, spec.inChannels];
    case 'y':
      return [size.batch, geometry.outHeight, geometry.outWidth, spec.outChannels];
    case 'spatial':
      return [pixelsOfTensor(problem, name), roundUp(spatialChannels(spec), LANE)];
    case 'hidden':
      return [pixelsOfTensor(problem, name), roundUp(spec.hiddenChannels, LANE)];
    default:
      return name satisfies never;
  }
}

/** Returns the pixels of a tensor. Expand-first's hidden values are the input's pixels: the conv comes after them. */
export function pixelsOfTensor({spec, size, geometry}: Problem, name: TensorName): number {
  const ofInput = name === 'x' || (name === 'hidden' && spec.order === 'expand-first');
  const pixels = ofInput ? size.height * size.width : geometry.outHeight * geometry.outWidth;
  return size.batch * pixels;
}
