/** The tensors that the passes of a block read and write, and their sizes. */
import {type BlockGeometry, blockGeometry, spatialChannels} from '../../block.ts';
import type {BlockProblem} from '../../blockKernel.ts';
import {FLOAT_BYTES, type ParamsLayout, paramsLayout, roundUp} from '../../params.ts';
import {elements} from '../../shape.ts';
import type {DeviceTraits} from './device.ts';
import {LANE} from './variant.ts';

/** What is planned: a block, what follows from its spec and size, and the device that is to compute it. */
export interface BlockOnDevice extends BlockProblem {
  readonly geometry: BlockGeometry;
  readonly layout: ParamsLayout;
  readonly traits: DeviceTraits;
}

/** Returns a block with what follows from its spec and size, on a device of these traits. */
export function blockOnDevice(problem: BlockProblem, traits: DeviceTraits): BlockOnDevice {
  const {spec, size} = problem;
  return {
    ...problem,
    geometry: blockGeometry(spec, size.height, size.width),
    layout: paramsLayout(spec),
    traits,
  };
}

/**
 * The tensors of a block: `spatial` is the spatial conv's output, `hidden` the expanded one's, both in whole lanes. In two sweeps
 * `sums` has what the first one's tiles add up to, and `gates` a factor for each image and channel, by which the second one multiplies.
 */
export type TensorName = 'x' | 'spatial' | 'hidden' | 'sums' | 'gates' | 'y';
/** Those whose size does not depend on tiles. */
export type SizedTensor = Exclude<TensorName, 'sums'>;

/** Returns the shape in which a pass binds a tensor. */
export function tensorShape(block: BlockOnDevice, name: SizedTensor): number[] {
  const {spec, size, geometry} = block;
  switch (name) {
    case 'x':
      return [size.batch, size.height, size.width, spec.inChannels];
    case 'y':
      return [size.batch, geometry.outHeight, geometry.outWidth, spec.outChannels];
    case 'spatial':
      return [pixelsOfTensor(block, name), roundUp(spatialChannels(spec), LANE)];
    case 'hidden':
      return [pixelsOfTensor(block, name), roundUp(spec.hiddenChannels, LANE)];
    case 'gates':
      return [size.batch, roundUp(spec.hiddenChannels, LANE)];
    default:
      return name satisfies never;
  }
}

/** Returns the shape of `sums`, of a pass with so many tiles of all images. */
export function sumsShape({spec}: BlockOnDevice, tiles: number): number[] {
  return [tiles, roundUp(spec.hiddenChannels, LANE)];
}

/** Returns the size of a tensor, which is float32 whatever the precision of params. Units: bytes. */
export function tensorBytes(block: BlockOnDevice, name: SizedTensor): number {
  return FLOAT_BYTES * elements(tensorShape(block, name));
}

/** Returns the pixels of a tensor, of all images. Expand-first's hidden values are at the input's pixels: the conv comes after. */
export function pixelsOfTensor({spec, size, geometry}: BlockOnDevice, name: SizedTensor): number {
  const isInput = name === 'x' || (name === 'hidden' && spec.order === 'expand-first');
  const pixels = isInput ? size.height * size.width : geometry.outHeight * geometry.outWidth;
  return size.batch * pixels;
}
