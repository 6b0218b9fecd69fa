/** MobileNetV3, large and small, as converted GraphModels, as keras.applications writes them. */
import type {io} from '@tensorflow/tfjs-core';

import {divisibleByEight} from './divisibleByEight.ts';
import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {invertedResidual} from './invertedResidual.ts';
import {seededWeights} from './seededWeights.ts';
import {AVERAGE_GAIN, KerasImageLayers} from './spellings/kerasImage.ts';
import {elementwise} from './spellings/nodes.ts';

export interface MobileNetV3Options {
  readonly variant: 'large' | 'small';
  /** Height and width of the image, in pixels. Default 224. */
  readonly imageSize?: number | readonly [number, number];
  /** The width multiplier of the paper. Default 1. */
  readonly alpha?: number;
  /** What the input's numbers are: 0 to 255, which the network then scales itself; or −1 to 1. Default 'scaled'. */
  readonly pixels?: 'bytes' | 'scaled';
  /** Default 1000. */
  readonly classes?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

interface Row {
  readonly kernelSize: 3 | 5;
  /** Hidden channels of a block, as a multiple of its input channels; 1 leaves the expand layer out. */
  readonly expansion: number;
  readonly width: number;
  readonly excite: boolean;
  readonly activation: 'relu' | 'hard-swish';
  readonly stride: 1 | 2;
}

function row(
  [kernelSize, expansion, width, stride]: readonly [3 | 5, number, number, 1 | 2],
  activation: Row['activation'],
  excite: 'excite' | 'plain',
): Row {
  return {kernelSize, expansion, width, stride, activation, excite: excite === 'excite'};
}

/** Source: Howard et al. 2019, tables 1 and 2: 5.4 M parameters, 219 MMAC, and 2.5 M, 56 MMAC. */
const VARIANTS = {
  large: {
    rows: [
      row([3, 1, 16, 1], 'relu', 'plain'),
      row([3, 4, 24, 2], 'relu', 'plain'),
      row([3, 3, 24, 1], 'relu', 'plain'),
      row([5, 3, 40, 2], 'relu', 'excite'),
      row([5, 3, 40, 1], 'relu', 'excite'),
      row([5, 3, 40, 1], 'relu', 'excite'),
      row([3, 6, 80, 2], 'hard-swish', 'plain'),
      row([3, 2.5, 80, 1], 'hard-swish', 'plain'),
      row([3, 2.3, 80, 1], 'hard-swish', 'plain'),
      row([3, 2.3, 80, 1], 'hard-swish', 'plain'),
      row([3, 6, 112, 1], 'hard-swish', 'excite'),
      row([3, 6, 112, 1], 'hard-swish', 'excite'),
      row([5, 6, 160, 2], 'hard-swish', 'excite'),
      row([5, 6, 160, 1], 'hard-swish', 'excite'),
      row([5, 6, 160, 1], 'hard-swish', 'excite'),
    ],
    features: 1280,
  },
  small: {
    rows: [
      row([3, 1, 16, 2], 'relu', 'excite'),
      row([3, 72 / 16, 24, 2], 'relu', 'plain'),
      row([3, 88 / 24, 24, 1], 'relu', 'plain'),
      row([5, 4, 40, 2], 'hard-swish', 'excite'),
      row([5, 6, 40, 1], 'hard-swish', 'excite'),
      row([5, 6, 40, 1], 'hard-swish', 'excite'),
      row([5, 3, 48, 1], 'hard-swish', 'excite'),
      row([5, 3, 48, 1], 'hard-swish', 'excite'),
      row([5, 6, 96, 2], 'hard-swish', 'excite'),
      row([5, 6, 96, 1], 'hard-swish', 'excite'),
      row([5, 6, 96, 1], 'hard-swish', 'excite'),
    ],
    features: 1024,
  },
} as const satisfies Record<string, {rows: readonly Row[]; features: number}>;
const STEM_WIDTH = 16;
/** Channels between the two layers of a gate, as a share of the block's hidden channels. */
const SQUEEZE = 1 / 4;

/** Returns the network with seeded weights; its input is `input`, its output logits. */
export function mobileNetV3Artifacts(options: MobileNetV3Options): io.ModelArtifacts {
  const {graph, logits} = build(options);
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. */
export function mobileNetV3Size(options: MobileNetV3Options): NetworkSize {
  return build(options).graph.size();
}

function build(options: MobileNetV3Options): {graph: GraphBuilder; logits: Value} {
  const {variant, imageSize = 224, alpha = 1, pixels = 'scaled', batch = 'open', seed = 0} = options;
  const {rows} = VARIANTS[variant];
  const [height, width] = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
  const graph = new GraphBuilder();
  const model = `MobilenetV3${variant}`;
  const layers = new KerasImageLayers(graph, seededWeights(seed), model);
  let x = graph.input('input', [batch === 'open' ? -1 : batch, height, width, 3]);
  if (pixels === 'bytes') x = rescaled(graph, x, model);
  x = layers.conv(x, {layer: 'Conv', kernel: 3, stride: 2, outputs: STEM_WIDTH, activation: 'hard-swish'});
  for (const [index, {expansion, width, excite, ...rest}] of rows.entries()) {
    const hidden = expansion === 1 ? x.shape[3]! : divisibleByEight(expansion * x.shape[3]!);
    x = invertedResidual(layers, x, {
      ...rest,
      named: (part) => `expanded_conv_${index}/${part}`,
      hidden,
      outputs: divisibleByEight(alpha * width),
      expand: expansion !== 1,
      strideBy: 'pad',
      excite: excite ? {squeezed: divisibleByEight(SQUEEZE * hidden), gate: 'hard-sigmoid'} : undefined,
      sum: 'x + y',
    });
  }
  return {graph, logits: head(layers, x, options)};
}

/** A last 1×1 conv, the average over the image, and two more that act as dense layers. */
function head(layers: KerasImageLayers, x: Value, {variant, alpha = 1, classes = 1000}: MobileNetV3Options): Value {
  const {features} = VARIANTS[variant];
  const conv = {kernel: 1, activation: 'hard-swish'} as const;
  const wide = layers.conv(x, {...conv, layer: 'Conv_1', outputs: divisibleByEight(6 * x.shape[3]!)});
  const averaged = layers.average(wide, 'global_average_pooling2d', {keepDims: true});
  const outputs = alpha > 1 ? divisibleByEight(alpha * features) : features;
  const dense = layers.conv(averaged, {...conv, layer: 'Conv_2', outputs, norm: false, gain: AVERAGE_GAIN});
  const logits = {kernel: 1, outputs: classes, activation: 'linear', after: 'hard-swish', norm: false} as const;
  return layers.reshape(layers.conv(dense, {...logits, layer: 'Logits'}), 'flatten', [classes]);
}

/** Keras's Rescaling layer: 0 to 255 becomes −1 to 1. */
function rescaled(graph: GraphBuilder, image: Value, model: string): Value {
  const named = (name: string): string => `StatefulPartitionedCall/${model}/rescaling/${name}`;
  const scaled = elementwise(graph, 'Mul', named('mul'), image, graph.float(named('Cast/x'), 1 / 127.5));
  return elementwise(graph, 'AddV2', named('add'), scaled, graph.float(named('Cast_1/x'), -1));
}
