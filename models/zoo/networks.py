"""The zoo's three families as Keras networks: the blocks differ, the plan is the same.

Every network: a stem of stride 2, a stage of two blocks, a stage of two blocks at half the resolution and twice the width,
the mean over the pixels, ten logits. The sizes differ in width alone.
"""
import math

import tensorflow as tf
from keras.src.layers.convolutional.base_conv import Conv

layers = tf.keras.layers

# Keras hands a grouped convolution to XLA, whose kernels for the CPU are slow and whose function the converter refuses.
# As a plain op TensorFlow runs, and differentiates, it by oneDNN.
Conv._jit_compiled_convolution_op = Conv.convolution_op

IMAGE_SIZE = 32
CLASSES = 10
WIDTHS = {'small': 16, 'medium': 24, 'large': 32}   # of the first stage
DEPTH = 2                                           # blocks a stage
GROUP_WIDTH = 8
LAYER_SCALE = 1.0                                   # its first value: a small one is for far deeper networks


def conv(channels, size, stride=1, groups=1, bias=False):
    return layers.Conv2D(channels, size, stride, padding='same', groups=groups, use_bias=bias)


def batch_norm(x):
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)


def layer_norm(x):
    return layers.LayerNormalization(epsilon=1e-6)(x)


def silu(x):
    return layers.Activation('swish')(x)


def relu6(x):
    return layers.ReLU(6.0)(x)


class LayerScale(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name='scale', shape=(shape[-1],),
                                     initializer=tf.keras.initializers.Constant(LAYER_SCALE))

    def call(self, x):
        return x * self.scale


def convfirst_block(x, out, stride):
    """Grouped 3×3 conv, expand by 4, SiLU, project, each conv with BatchNorm."""
    channels = x.shape[-1]
    y = batch_norm(conv(channels, 3, stride, groups=channels // GROUP_WIDTH)(x))
    y = silu(batch_norm(conv(4 * channels, 1)(y)))
    return batch_norm(conv(out, 1)(y))


def mobilenet_block(x, out, stride):
    """Expand by 6, ReLU6, depthwise 3×3 conv, ReLU6, project, each conv with BatchNorm."""
    y = relu6(batch_norm(conv(6 * x.shape[-1], 1)(x)))
    y = layers.DepthwiseConv2D(3, stride, padding='same', use_bias=False)(y)
    return batch_norm(conv(out, 1)(relu6(batch_norm(y))))


def convnext_block(x):
    """Depthwise 7×7 conv, LayerNorm, expand by 4, GELU (by erf), project, layer scale."""
    channels = x.shape[-1]
    y = layer_norm(layers.DepthwiseConv2D(7, padding='same')(x))
    y = layers.Activation('gelu')(conv(4 * channels, 1, bias=True)(y))
    return LayerScale()(conv(channels, 1, bias=True)(y))


def strided_stage(block):
    """A stage of ConvFirst or MobileNetV2: the first block has the stride and, where the shape changes, no residual."""
    def stage(x, width, stride):
        for index in range(DEPTH):
            y = block(x, width, stride if index == 0 else 1)
            x = layers.Add()([x, y]) if y.shape == x.shape else y
        return x
    return stage


def convnext_stage(x, width, stride):
    if stride == 2:
        x = layers.Conv2D(width, 2, 2)(layer_norm(x))
    for _ in range(DEPTH):
        x = layers.Add()([x, convnext_block(x)])
    return x


def as_it_is(x):
    return x


FAMILIES = {   # name -> (stem, stage, what follows the mean)
    'convfirst': (lambda x, width: silu(batch_norm(conv(width, 3, 2)(x))), strided_stage(convfirst_block), as_it_is),
    'convnext': (lambda x, width: layer_norm(layers.Conv2D(width, 2, 2)(x)), convnext_stage, layer_norm),
    'mobilenetv2': (lambda x, width: relu6(batch_norm(conv(width, 3, 2)(x))), strided_stage(mobilenet_block), as_it_is),
}
TITLES = {'convfirst': 'ConvFirst', 'convnext': 'ConvNeXt', 'mobilenetv2': 'MobileNetV2-like'}


def build(family, size):
    """Returns the network, untrained: images of [32, 32, 1] between 0 and 1 to ten logits."""
    stem, stage, finish = FAMILIES[family]
    width = WIDTHS[size]
    image = layers.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name='image')
    x = stage(stem(image, width), width, stride=1)
    x = stage(x, 2 * width, stride=2)
    x = finish(layers.GlobalAveragePooling2D()(x))
    return tf.keras.Model(image, layers.Dense(CLASSES, name='logits')(x), name=f'{family}_{size}')


def trainable_parameters(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def macs(model):
    """Returns the multiply-accumulates of the convs and the dense layer for one image, taps on padding included."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, (layers.DepthwiseConv2D, layers.Conv2D, layers.Dense)):
            kernel = layer.weights[0].shape           # [kh, kw, in / groups, out], [kh, kw, channels, 1] or [in, out]
            total += math.prod(kernel) * math.prod(layer.output_shape[1:-1])
    return total
