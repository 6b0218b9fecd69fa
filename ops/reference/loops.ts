/** The block as plain float64 loops, one layer after the other: the oracle of every test. Slow, and meant to be read. */
import {
  type Activation,
  type BlockGeometry,
  type BlockSpec,
  blockGeometry,
  spatialChannels,
  type SqueezeExcite,
} from '../block.ts';
import type {ImageSize} from '../cost.ts';
import {type UnpackedLayer, unpackParams} from '../packParams.ts';
import {activate} from './activation.ts';

interface Images {
  readonly data: Float64Array;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
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
  const layers = unpackParams(spec, params);
  const x: Images = {data: Float64Array.from(input.x), batch, height, width, channels: spec.inChannels};

  const held = (image: Images): Images => ({...image, data: hold(image.data)});
  const hidden = (image: Images): Images => {
    const expand = layers.expand!;
    return held(activated(pointwise(image, expand, spec.hiddenChannels), spec.hiddenActivation, expand));
  };
  const convolved = (image: Images): Images => spatialConv(spec, geometry, image, layers.spatial);
  const activatedSpatially = (image: Images): Images => activated(image, spec.spatialActivation, layers.spatial);
  const spatiallyFiltered = (image: Images): Images => held(activatedSpatially(convolved(image)));
  const excitedSpatially = (image: Images): Images => {
    const {squeezeExcite} = spec;
    if (squeezeExcite === null) return spatiallyFiltered(image);
    const excite = (of: Images): Images => held(excited(squeezeExcite, held(of), layers));
    return squeezeExcite.beforeActivation
      ? held(activatedSpatially(excite(convolved(image))))
      : excite(activatedSpatially(convolved(image)));
  };

  const beforeProject = (): Images => {
    if (spec.order === 'conv-first')
      return responseNormed(spec, hidden(held(layerNorm(spec, spatiallyFiltered(x)))), layers);
    return excitedSpatially(spec.order === 'separable' ? x : hidden(held(x)));
  };
  const projected = pointwise(beforeProject(), layers.project, spec.outChannels);
  const sum = spec.residual ? projected.data.map((value, i) => value + x.data[i]!) : projected.data;
  return activated({...projected, data: sum}, spec.outputActivation, layers.project).data;
}

/** `h · gate(Wₑ · act(Wᵣ · mean(h) + bᵣ) + bₑ)`. */
function excited(
  {channels, activation, gate}: SqueezeExcite,
  image: Images,
  {seReduce, seExpand}: Pick<ReturnType<typeof unpackParams>, 'seReduce' | 'seExpand'>,
): Images {
  const pixels = image.height * image.width;
  const means = {...summed(image, (value) => value / pixels), height: 1, width: 1};
  const reduced = activated(pointwise(means, seReduce!, channels), activation, seReduce!);
  const gates = activated(pointwise(reduced, seExpand!, image.channels), gate, seExpand!);
  return scaledByImage(image, gates.data);
}

/** `h + h · γ · n / (mean(n) + ε)`, n the root of the sum of squares; β is in project's bias. */
function responseNormed(
  {responseNorm}: BlockSpec,
  image: Images,
  weights: Pick<ReturnType<typeof unpackParams>, 'responseNorm'>,
): Images {
  if (responseNorm === null) return image;
  const {channels} = image;
  const {scale} = weights.responseNorm!;
  const norms = summed(image, (value) => value ** 2).data.map((sum) => Math.sqrt(sum + responseNorm.normEpsilon));
  const factors = norms.map((norm, i) => {
    const first = i - (i % channels);
    const mean = norms.subarray(first, first + channels).reduce((sum, n) => sum + n, 0) / channels;
    return 1 + (scale[i % channels]! * norm) / (mean + responseNorm.epsilon);
  });
  return scaledByImage(image, factors);
}

/** The sum of `of(value)` over height and width. Shapes: `[batch, 1, 1, channels]`. */
function summed({data, batch, channels}: Images, of: (value: number) => number): Images {
  const sums = new Float64Array(batch * channels);
  const imageValues = data.length / batch;
  data.forEach((value, i) => {
    sums[Math.floor(i / imageValues) * channels + (i % channels)]! += of(value);
  });
  return {data: sums, batch, height: 1, width: 1, channels};
}

/** Shapes: factors `[batch, channels]`. */
function scaledByImage(image: Images, factors: Float64Array): Images {
  const {data, batch, channels} = image;
  const imageValues = data.length / batch;
  const scaled = data.map((v, i) => v * factors[Math.floor(i / imageValues) * channels + (i % channels)]!);
  return {...image, data: scaled};
}

function spatialConv(spec: BlockSpec, geometry: BlockGeometry, image: Images, layer: UnpackedLayer): Images {
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

function pointwise(image: Images, layer: UnpackedLayer, outputs: number): Images {
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

function activated(image: Images, activation: Activation, {slopes}: UnpackedLayer): Images {
  if (activation === 'linear') return image;
  const {data, channels} = image;
  return {...image, data: data.map((x, i) => activate(activation, x, slopes?.[i % channels]))};
}
