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
  elu,
  erf,
  mean,
  mul,
  pad,
  relu,
  relu6,
  reshape,
  rsqrt,
  sigmoid,
  slice,
  split,
  square,
  sub,
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
  const expand = (t: Tensor4D): Tensor4D => stockActivation(pointwise(t, params, layout.expand), spec.hiddenActivation);
  const spatial = (t: Tensor4D): Tensor4D => {
    const filter = spatialFilter(params, spec, layout.spatial);
    const conv: Tensor4D = add(groupedConv(t, filter, spec), bias(params, layout.spatial));
    return stockActivation(conv, spec.spatialActivation);
  };
  return tidy(() => {
    const beforeProject = spec.order === 'conv-first' ? expand(layerNorm(spatial(x), spec)) : spatial(expand(x));
    const y = pointwise(beforeProject, params, layout.project);
    return spec.residual ? add(x, y) : y;
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

/** Returns act(x) by stock ops. */
export function stockActivation<T extends Tensor>(x: T, activation: Activation): T {
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
    default:
      return activation satisfies never;
  }
}
