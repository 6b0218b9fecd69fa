/** Networks made of tfjs-layers' layers, as Keras makes them. */
import * as layers from '@tensorflow/tfjs-layers';

type Symbolic = layers.SymbolicTensor;
const {layers: make} = layers;

const apply = (layer: layers.layers.Layer, ...x: Symbolic[]): Symbolic =>
  layer.apply(x.length === 1 ? x[0]! : x) as Symbolic;

/** A small image classifier with the layers that most have. */
export function classifier(): layers.LayersModel {
  const image = layers.input({shape: [12, 12, 3], name: 'image'});
  let x = apply(make.conv2d({filters: 8, kernelSize: 3, strides: 2, padding: 'same', name: 'stem'}), image);
  x = apply(make.batchNormalization({name: 'stem_bn'}), x);
  x = apply(make.activation({activation: 'relu', name: 'stem_relu'}), x);
  const branch = apply(make.depthwiseConv2d({kernelSize: 3, padding: 'same', name: 'depthwise'}), x);
  x = apply(make.add({name: 'sum'}), branch, x);
  x = apply(make.globalAveragePooling2d({name: 'pool'}), x);
  x = apply(make.dense({units: 5, activation: 'softmax', name: 'classes'}), x);
  return layers.model({inputs: image, outputs: x, name: 'classifier'});
}

/** By stage: expansion, width, blocks, stride. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The convolutional part of MobileNetV2, layer by layer as in keras.applications. */
export function mobileNetV2({size, alpha}: {size: number; alpha: number}): layers.LayersModel {
  const width = (channels: number): number => Math.max(8, Math.floor((channels * alpha + 4) / 8) * 8);
  const norm = (name: string, x: Symbolic): Symbolic => apply(make.batchNormalization({epsilon: 1e-3, name}), x);
  const relu6 = (name: string, x: Symbolic): Symbolic => apply(make.reLU({maxValue: 6, name}), x);
  const conv = (name: string, filters: number, x: Symbolic): Symbolic =>
    apply(make.conv2d({filters, kernelSize: 1, padding: 'same', useBias: false, name}), x);
  const padded = (name: string, x: Symbolic): Symbolic => {
    const even = x.shape[1]! % 2 === 0 ? 1 : 0;
    const sides: [number, number] = [1 - even, 1];
    return apply(make.zeroPadding2d({padding: [sides, sides], name}), x);
  };

  const image = layers.input({shape: [size, size, 3], name: 'input_1'});
  const stem = make.conv2d({filters: width(32), kernelSize: 3, strides: 2, useBias: false, name: 'Conv1'});
  let x = relu6('Conv1_relu', norm('bn_Conv1', apply(stem, padded('Conv1_pad', image))));
  let id = 0;
  for (const [expansion, channels, blocks, stage] of STAGES)
    for (let i = 0; i < blocks; i++) {
      const stride = i === 0 ? stage : 1;
      const prefix = `block_${id++}`;
      const inputs = x.shape[3]!;
      let y = x;
      if (expansion > 1)
        y = relu6(
          `${prefix}_expand_relu`,
          norm(`${prefix}_expand_BN`, conv(`${prefix}_expand`, expansion * inputs, y)),
        );
      if (stride === 2) y = padded(`${prefix}_pad`, y);
      const depthwise = make.depthwiseConv2d({
        ...{kernelSize: 3, strides: stride, padding: stride === 1 ? 'same' : 'valid'},
        ...{useBias: false, name: `${prefix}_depthwise`},
      });
      y = relu6(`${prefix}_depthwise_relu`, norm(`${prefix}_depthwise_BN`, apply(depthwise, y)));
      y = norm(`${prefix}_project_BN`, conv(`${prefix}_project`, width(channels), y));
      x = stride === 1 && inputs === width(channels) ? apply(make.add({name: `${prefix}_add`}), x, y) : y;
    }
  x = relu6('out_relu', norm('Conv_1_bn', conv('Conv_1', 1280, x)));
  return layers.model({inputs: image, outputs: x, name: 'mobilenetv2'});
}
