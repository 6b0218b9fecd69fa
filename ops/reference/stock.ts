/**
 * The block from stock tfjs ops: what runs on backends without a kernel of ours, where a kernel refuses a spec, and what the
 * gradient is taken of.
 */
import type {Tensor, Tensor1D, Tensor2D, Tensor4D} from '@tensorflow/tfjs-core';
import {
  add,
  concat,
  conv2d,
  depthwiseConv2d,
  div,
  elu,
  erf,
  mean,
  mul,
  pad,
  prelu,
  relu,
  relu6,
  reshape,
  rsqrt,
  sigmoid,
  slice,
  split,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import {type Activation, type BlockSpec, blockGeometry, spatialChannels} from '../block.ts';
import {type LayerSection, PANEL, paramsLayout} from '../params.ts';

/**
 * Returns the block's output, computed by stock ops; differentiable in x and params.
 * Shapes: x `[n, h, w, inChannels]`, params `[paramsLayout(spec).length]`.
 */
export function stockResidualBlock(x: Tensor4D, params: Tensor1D, spec: BlockSpec): Tensor4D {
  const layout = paramsLayout(spec);
  const {squeezeExcite} = spec;
  const activated = (t: Tensor4D, activation: Activation, section: LayerSection): Tensor4D =>
    activation === 'prelu'
      ? prelu(t, reshape(slopes(params, section), [1, 1, 1, section.outputs]))
      : stockActivation(t, activation);
  const product = (t: Tensor4D, activation: Activation, section: LayerSection): Tensor4D =>
    activated(pointwise(t, params, section), activation, section);
  const expand = (t: Tensor4D): Tensor4D => product(t, spec.hiddenActivation, layout.expand!);
  const convolve = (t: Tensor4D): Tensor4D =>
    add(groupedConv(t, spatialFilter(params, spec, layout.spatial), spec), bias(params, layout.spatial));
  const activateSpatial = (t: Tensor4D): Tensor4D => activated(t, spec.spatialActivation, layout.spatial);
  const excite = (t: Tensor4D): Tensor4D => {
    if (squeezeExcite === null) return t;
    const means: Tensor4D = mean(t, [1, 2], true);
    const reduced = product(means, squeezeExcite.activation, layout.seReduce!);
    return mul(t, product(reduced, squeezeExcite.gate, layout.seExpand!));
  };
  const spatial = (t: Tensor4D): Tensor4D =>
    squeezeExcite?.beforeActivation === true
      ? activateSpatial(excite(convolve(t)))
      : excite(activateSpatial(convolve(t)));
  const beforeProject = (): Tensor4D => {
    if (spec.order === 'conv-first') return responseNorm(expand(layerNorm(spatial(x), spec)), params, spec);
    return spatial(spec.order === 'separable' ? x : expand(x));
  };
  return tidy(() => {
    const y = pointwise(beforeProject(), params, layout.project);
    return activated(spec.residual ? add(x, y) : y, spec.outputActivation, layout.project);
  });
}

/** Returns a section's weights as TensorFlow's row-major `[depth, outputs]`. */
function matrix(params: Tensor1D, {depth, outputs, weights}: LayerSection): Tensor2D {
  const panels = Math.ceil(outputs / PANEL);
  const packed = reshape(slice(params, weights, panels * depth * PANEL), [panels, depth, PANEL]);
  const rows: Tensor2D = reshape(transpose(packed, [1, 0, 2]), [depth, panels * PANEL]);
  return slice(rows, [0, 0], [depth, outputs]);
}

function bias(params: Tensor1D, section: LayerSection): Tensor1D {
  return slice(params, section.bias, section.outputs);
}

function slopes(params: Tensor1D, section: LayerSection): Tensor1D {
  return slice(params, section.slopes!, section.outputs);
}

function pointwise(x: Tensor4D, params: Tensor1D, section: LayerSection): Tensor4D {
  const filter: Tensor4D = reshape(matrix(params, section), [1, 1, section.depth, section.outputs]);
  return add(conv2d(x, filter, 1, 'valid'), bias(params, section));
}

/** Shapes: `[kh, kw, channels, 1]` for depthwise, else `[kh, kw, groupWidth, channels]`. */
function spatialFilter(params: Tensor1D, spec: BlockSpec, section: LayerSection): Tensor4D {
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const [inputs, outputs] = spec.groupWidth === 1 ? [section.outputs, 1] : [spec.groupWidth, section.outputs];
  return reshape(matrix(params, section), [kernelHeight, kernelWidth, inputs, outputs]);
}

function groupedConv(x: Tensor4D, filter: Tensor4D, spec: BlockSpec): Tensor4D {
  const {top, right, bottom, left} = blockGeometry(spec, x.shape[1], x.shape[2]).pad;
  const padded: Tensor4D =
    top + right + bottom + left === 0
      ? x
      : pad(x, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]);
  if (spec.groupWidth === 1) return depthwiseConv2d(padded, filter, spec.stride, 'valid');
  const groups = spatialChannels(spec) / spec.groupWidth;
  if (groups === 1) return conv2d(padded, filter, spec.stride, 'valid');
  const filters: Tensor4D[] = split(filter, groups, 3);
  const inputs: Tensor4D[] = split(padded, groups, 3);
  const parts = inputs.map((part, i) => conv2d(part, filters[i]!, spec.stride, 'valid'));
  return concat(parts, 3);
}

function layerNorm(x: Tensor4D, spec: BlockSpec): Tensor4D {
  if (spec.layerNormEpsilon === null) return x;
  const centred = sub(x, mean(x, 3, true));
  const variance = mean(square(centred), 3, true);
  return mul(centred, rsqrt(add(variance, spec.layerNormEpsilon)));
}

/** β of the norm is in project's bias. */
function responseNorm(x: Tensor4D, params: Tensor1D, spec: BlockSpec): Tensor4D {
  if (spec.responseNorm === null) return x;
  const {epsilon, normEpsilon} = spec.responseNorm;
  const scale: Tensor1D = slice(params, paramsLayout(spec).responseNorm!, spec.hiddenChannels);
  const norm = sqrt(add(sum(square(x), [1, 2], true), normEpsilon));
  const normed = div(norm, add(mean(norm, 3, true), epsilon));
  return mul(x, add(mul(normed, scale), 1));
}

/** Returns act(x) by stock ops; a PReLU, which has weights, is not among them. */
export function stockActivation<T extends Tensor>(x: T, activation: Exclude<Activation, 'prelu'>): T {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return relu(x);
    case 'relu6':
      return relu6(x);
    case 'silu':
      return mul(x, sigmoid(x));
    case 'gelu':
      return mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2))));
    case 'gelu-tanh': {
      const cubed = mul(square(x), x);
      const inner = mul(add(x, mul(cubed, 0.044715)), Math.sqrt(2 / Math.PI));
      return mul(mul(x, 0.5), add(1, tanh(inner)));
    }
    case 'hard-swish':
      return mul(mul(x, 1 / 6), relu6(add(x, 3)));
    case 'sigmoid':
      return sigmoid(x);
    case 'elu':
      return elu(x);
    case 'hard-sigmoid':
      return mul(relu6(add(x, 3)), 1 / 6);
    default:
      return activation satisfies never;
  }
}
