/** The block as plain float64 loops, one layer after the other: the oracle of every test. Slow, and meant to be read. */
import {type Activation, type BlockGeometry, type BlockSpec, blockGeometry, spatialChannels} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {unpackParams} from '../packParams.ts';
import {activate} from './activation.ts';

interface Images {
  readonly data: Float64Array;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

interface Layer {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** A block's input with its size. Shapes: x `[batch, height, width, inChannels]`. */
export interface ReferenceInput extends ImageSize {
  readonly x: Float32Array | Float64Array;
  /** What becomes of values that a kernel holds for the next layer, and of the input of a first 1×1 conv. Default: nothing. */
  readonly hold?: (values: Float64Array) => Float64Array;
}

/**
 * Returns the block's output.
 * Shapes: `[batch, outHeight, outWidth, outChannels]`.
 * Throws: `invalid-params`, `invalid-input`.
 */
export function referenceBlock(spec: BlockSpec, input: ReferenceInput, params: Float32Array): Float64Array {
  const {batch, height, width, hold = (values: Float64Array): Float64Array => values} = input;
  const geometry = blockGeometry(spec, height, width);
  const {spatial, expand, project} = unpackParams(spec, params);
  const x: Images = {data: Float64Array.from(input.x), batch, height, width, channels: spec.inChannels};

  const held = (image: Images): Images => ({...image, data: hold(image.data)});
  const hidden = (image: Images): Images =>
    held(mapChannels(pointwise(image, expand, spec.hiddenChannels), spec.hiddenActivation));
  const spatiallyFiltered = (image: Images): Images =>
    held(mapChannels(spatialConv(spec, geometry, image, spatial), spec.spatialActivation));

  const beforeProject =
    spec.order === 'conv-first'
      ? hidden(held(layerNorm(spec, spatiallyFiltered(x))))
      : spatiallyFiltered(hidden(held(x)));
  const y = pointwise(beforeProject, project, spec.outChannels).data;
  return spec.residual ? y.map((value, i) => value + x.data[i]!) : y;
}

function spatialConv(spec: BlockSpec, geometry: BlockGeometry, image: Images, layer: Layer): Images {
  const {batch, height, width} = image;
  const {outHeight, outWidth, pad} = geometry;
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const channels = spatialChannels(spec);
  const out = new Float64Array(batch * outHeight * outWidth * channels);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let row = 0; row < outHeight; row++)
      for (let col = 0; col < outWidth; col++)
        for (let channel = 0; channel < channels; channel++) {
          const firstOfGroup = channel - (channel % spec.groupWidth);
          let sum = layer.bias[channel]!;
          for (let kh = 0; kh < kernelHeight; kh++)
            for (let kw = 0; kw < kernelWidth; kw++) {
              const y = row * spec.stride + kh - pad.top;
              const x = col * spec.stride + kw - pad.left;
              if (y < 0 || y >= height || x < 0 || x >= width) continue;
              const pixel = ((n * height + y) * width + x) * channels + firstOfGroup;
              const tap = (kh * kernelWidth + kw) * spec.groupWidth;
              for (let i = 0; i < spec.groupWidth; i++)
                sum += image.data[pixel + i]! * layer.weights[(tap + i) * channels + channel]!;
            }
          out[at++] = sum;
        }
  return {data: out, batch, height: outHeight, width: outWidth, channels};
}

function pointwise(image: Images, layer: Layer, outputs: number): Images {
  const {data, channels} = image;
  const pixels = data.length / channels;
  const out = new Float64Array(pixels * outputs);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let output = 0; output < outputs; output++) {
      let sum = layer.bias[output]!;
      for (let k = 0; k < channels; k++) sum += data[pixel * channels + k]! * layer.weights[k * outputs + output]!;
      out[pixel * outputs + output] = sum;
    }
  return {...image, data: out, channels: outputs};
}

function layerNorm(spec: BlockSpec, image: Images): Images {
  if (spec.layerNormEpsilon === null) return image;
  const {data, channels} = image;
  const out = new Float64Array(data.length);
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    const values = data.subarray(pixel, pixel + channels);
    const mean = values.reduce((sum, v) => sum + v, 0) / channels;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / channels;
    const scale = 1 / Math.sqrt(variance + spec.layerNormEpsilon);
    for (let channel = 0; channel < channels; channel++) out[pixel + channel] = (values[channel]! - mean) * scale;
  }
  return {...image, data: out};
}

function mapChannels(image: Images, activation: Activation): Images {
  return activation === 'linear' ? image : {...image, data: image.data.map((x) => activate(activation, x))};
}
