/**
 * The block from stock tfjs ops: what runs on backends without a kernel of ours, where a kernel refuses a spec, and what the
 * gradient is taken of.
 */
import type {Tensor, Tensor1D, Tensor2D, Tensor4D} from '@tensorflow/tfjs-core';
import {type Activation, type BlockSpec, blockGeometry, spatialChannels} from '../block.ts';
import {type LayerSection, PANEL, paramsLayout} from '../params.ts';
import type {TfCore} from '../tfjs.ts';

/**
 * Returns the block's output, computed by stock ops; differentiable in x and params.
 * Shapes: x `[n, h, w, inChannels]`, params `[paramsLayout(spec).length]`.
 */
export function stockResidualBlock(tf: TfCore, x: Tensor4D, params: Tensor1D, spec: BlockSpec): Tensor4D {
  const layout = paramsLayout(spec);
  const expand = (t: Tensor4D): Tensor4D =>
    stockActivation(tf, pointwise(tf, t, params, layout.expand), spec.hiddenActivation);
  const spatial = (t: Tensor4D): Tensor4D => {
    const filter = spatialFilter(tf, params, spec, layout.spatial);
    const conv: Tensor4D = tf.add(groupedConv(tf, t, filter, spec), bias(tf, params, layout.spatial));
    return stockActivation(tf, conv, spec.spatialActivation);
  };
  return tf.tidy(() => {
    const beforeProject = spec.order === 'conv-first' ? expand(layerNorm(tf, spatial(x), spec)) : spatial(expand(x));
    const y = pointwise(tf, beforeProject, params, layout.project);
    return spec.residual ? tf.add(x, y) : y;
  });
}

/** Returns a section's weights as TensorFlow's row-major `[depth, outputs]`. */
function matrix(tf: TfCore, params: Tensor1D, {depth, outputs, weights}: LayerSection): Tensor2D {
  const panels = Math.ceil(outputs / PANEL);
  const packed = tf.reshape(tf.slice(params, weights, panels * depth * PANEL), [panels, depth, PANEL]);
  const rows: Tensor2D = tf.reshape(tf.transpose(packed, [1, 0, 2]), [depth, panels * PANEL]);
  return tf.slice(rows, [0, 0], [depth, outputs]);
}

function bias(tf: TfCore, params: Tensor1D, section: LayerSection): Tensor1D {
  return tf.slice(params, section.bias, section.outputs);
}

function pointwise(tf: TfCore, x: Tensor4D, params: Tensor1D, section: LayerSection): Tensor4D {
  const filter: Tensor4D = tf.reshape(matrix(tf, params, section), [1, 1, section.depth, section.outputs]);
  return tf.add(tf.conv2d(x, filter, 1, 'valid'), bias(tf, params, section));
}

/** Shapes: `[kh, kw, channels, 1]` for depthwise, else `[kh, kw, groupWidth, channels]`. */
function spatialFilter(tf: TfCore, params: Tensor1D, spec: BlockSpec, section: LayerSection): Tensor4D {
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const [inputs, outputs] = spec.groupWidth === 1 ? [section.outputs, 1] : [spec.groupWidth, section.outputs];
  return tf.reshape(matrix(tf, params, section), [kernelHeight, kernelWidth, inputs, outputs]);
}

function groupedConv(tf: TfCore, x: Tensor4D, filter: Tensor4D, spec: BlockSpec): Tensor4D {
  const {top, right, bottom, left} = blockGeometry(spec, x.shape[1], x.shape[2]).pad;
  const padded: Tensor4D =
    top + right + bottom + left === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]);
  if (spec.groupWidth === 1) return tf.depthwiseConv2d(padded, filter, spec.stride, 'valid');
  const groups = spatialChannels(spec) / spec.groupWidth;
  if (groups === 1) return tf.conv2d(padded, filter, spec.stride, 'valid');
  const filters: Tensor4D[] = tf.split(filter, groups, 3);
  const inputs: Tensor4D[] = tf.split(padded, groups, 3);
  const parts = inputs.map((part, i) => tf.conv2d(part, filters[i]!, spec.stride, 'valid'));
  return tf.concat(parts, 3);
}

function layerNorm(tf: TfCore, x: Tensor4D, spec: BlockSpec): Tensor4D {
  if (spec.layerNormEpsilon === null) return x;
  const centred = tf.sub(x, tf.mean(x, 3, true));
  const variance = tf.mean(tf.square(centred), 3, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, spec.layerNormEpsilon)));
}

/** Returns act(x) by stock ops. */
export function stockActivation<T extends Tensor>(tf: TfCore, x: T, activation: Activation): T {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'silu':
      return tf.mul(x, tf.sigmoid(x));
    case 'gelu':
      return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
    case 'gelu-tanh': {
      const cubed = tf.mul(tf.square(x), x);
      const inner = tf.mul(tf.add(x, tf.mul(cubed, 0.044715)), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
    }
    case 'hard-swish':
      return tf.mul(tf.mul(x, 1 / 6), tf.relu6(tf.add(x, 3)));
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'elu':
      return tf.elu(x);
    default:
      return activation satisfies never;
  }
}
