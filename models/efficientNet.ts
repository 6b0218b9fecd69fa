/** EfficientNet B0 to B7 as converted GraphModels, as keras.applications writes them. */
import type {io} from '@tensorflow/tfjs-core';

import {divisibleByEight} from './divisibleByEight.ts';
import {GraphBuilder, type NetworkSize, type Value} from './graphBuilder.ts';
import {invertedResidual} from './invertedResidual.ts';
import {seededWeights} from './seededWeights.ts';
import {KerasImageLayers} from './spellings/kerasImage.ts';
import {elementwise} from './spellings/nodes.ts';

export interface EfficientNetOptions {
  /** Height and width of the image, in pixels. Default 224. */
  readonly imageSize?: number;
  /** Multiplies the channels. Default 1, which is B0's. */
  readonly width?: number;
  /** Multiplies the blocks of a stage. Default 1, which is B0's. */
  readonly depth?: number;
  /** What the input's numbers are: 0 to 255, which the network then scales itself, as Keras's does; or around 0. Default 'scaled'. */
  readonly pixels?: 'bytes' | 'scaled';
  /** Default 1000. */
  readonly classes?: number;
  /** Images at a time. Default 'open'. */
  readonly batch?: number | 'open';
  /** Default 0. */
  readonly seed?: number;
}

/** EfficientNet-B0 (Tan and Le 2019, table 1): 5.3 M parameters, 390 MMAC. */
const STAGES = [
  {width: 16, depth: 1, stride: 1, expansion: 1, kernelSize: 3},
  {width: 24, depth: 2, stride: 2, expansion: 6, kernelSize: 3},
  {width: 40, depth: 2, stride: 2, expansion: 6, kernelSize: 5},
  {width: 80, depth: 3, stride: 2, expansion: 6, kernelSize: 3},
  {width: 112, depth: 3, stride: 1, expansion: 6, kernelSize: 5},
  {width: 192, depth: 4, stride: 2, expansion: 6, kernelSize: 5},
  {width: 320, depth: 1, stride: 1, expansion: 6, kernelSize: 3},
] as const;
const STEM_WIDTH = 32;
const HEAD_WIDTH = 1280;
/** Channels between the two layers of a gate, as a share of the block's input channels. */
const SQUEEZE = 1 / 4;

/** Mean and deviation of ImageNet's pixels, red, green and blue, as shares of 255. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** Returns the network with seeded weights; its input is `input`, its output logits. */
export function efficientNetArtifacts(options: EfficientNetOptions = {}): io.ModelArtifacts {
  const {graph, logits} = build(options);
  return graph.artifacts(logits);
}

/** Returns the network's parameters and MACs, without making its weights. */
export function efficientNetSize(options: EfficientNetOptions = {}): NetworkSize {
  return build(options).graph.size();
}

function build(options: EfficientNetOptions): {graph: GraphBuilder; logits: Value} {
  const {imageSize = 224, width = 1, depth = 1, pixels = 'scaled', classes = 1000, batch = 'open', seed = 0} = options;
  const channels = (count: number): number => divisibleByEight(width * count);
  const graph = new GraphBuilder();
  const layers = new KerasImageLayers(graph, seededWeights(seed), MODEL);
  const image = graph.input('input', [batch === 'open' ? -1 : batch, imageSize, imageSize, 3]);
  const activation = 'silu';
  const conv = {kernel: 3, stride: 2, activation, strideBy: 'pad'} as const;
  let x = pixels === 'bytes' ? rescaled(graph, image) : image;
  x = layers.conv(x, {...conv, layer: 'stem', outputs: channels(STEM_WIDTH)});
  for (const [stage, {width: outputs, depth: blocks, stride, expansion, kernelSize}] of STAGES.entries())
    for (let i = 0; i < Math.ceil(depth * blocks); i++) {
      const inputs = x.shape[3]!;
      x = invertedResidual(layers, x, {
        named: (part) => `block${stage + 1}${String.fromCharCode(LETTER_A + i)}_${part}`,
        hidden: expansion * inputs,
        outputs: channels(outputs),
        expand: expansion > 1,
        kernelSize,
        stride: i === 0 ? stride : 1,
        activation,
        strideBy: 'pad',
        excite: {squeezed: Math.max(1, Math.floor(SQUEEZE * inputs)), gate: 'sigmoid'},
        sum: 'y + x',
      });
    }
  x = layers.conv(x, {layer: 'top', kernel: 1, outputs: channels(HEAD_WIDTH), activation});
  return {graph, logits: layers.classifier(x, classes)};
}

const MODEL = 'efficientnet';
const LETTER_A = 'a'.charCodeAt(0);

/** Keras's Rescaling and Normalization layers. */
function rescaled(graph: GraphBuilder, image: Value): Value {
  const named = (name: string): string => `StatefulPartitionedCall/${MODEL}/${name}`;
  const perColour = (name: string, values: readonly number[]): Value =>
    graph.floats(named(name), [1, 1, 1, 3], () => Float32Array.from(values));
  const share = graph.float(named('rescaling/Cast/x'), 1 / 255);
  const shares = elementwise(graph, 'Mul', named('rescaling/mul'), image, share);
  const less = perColour('rescaling/add', MEAN.map((value) => -value)); // prettier-ignore
  const centred = elementwise(graph, 'Add', named('normalization/sub'), shares, less);
  const inverse = perColour('normalization/truediv_recip', DEVIATION.map((value) => 1 / value)); // prettier-ignore
  return elementwise(graph, 'Mul', named('normalization/truediv'), centred, inverse);
}
