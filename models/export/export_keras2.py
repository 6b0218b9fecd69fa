"""Writes a small ConvFirst network of Keras 2 as a SavedModel: python export_keras2.py SAVED_MODEL_DIR

The grouped convolutions are the point: see README.md for the two steps that follow.
"""
import argparse

import tensorflow as tf

from keras_example_weights import with_example_weights

layers = tf.keras.layers


def normalise(x):
    return layers.BatchNormalization(epsilon=1e-5)(x)


def convfirst_block(x, out, stride, group_width=8, expansion=6):
    """Grouped 3×3 conv, 1×1 expand, SiLU, 1×1 project, each with BatchNorm; + x where the shape stays."""
    channels = x.shape[-1]
    y = normalise(layers.Conv2D(channels, 3, stride, padding='same', groups=channels // group_width, use_bias=False)(x))
    y = layers.Activation('swish')(normalise(layers.Conv2D(channels * expansion, 1, use_bias=False)(y)))
    y = normalise(layers.Conv2D(out, 1, use_bias=False)(y))
    return layers.Add()([x, y]) if stride == 1 and channels == out else y


def build_model(size=32, widths=(16, 32), depths=(2, 2), classes=10):
    inputs = layers.Input((size, size, 3), name='image')
    x = layers.Activation('swish')(normalise(layers.Conv2D(widths[0], 3, 2, padding='same', use_bias=False)(inputs)))
    for stage, (out, depth) in enumerate(zip(widths, depths)):
        for block in range(depth):
            x = convfirst_block(x, out, stride=2 if stage > 0 and block == 0 else 1)
    logits = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    return tf.keras.Model(inputs, logits)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('saved_model', metavar='SAVED_MODEL_DIR')
    model = with_example_weights(build_model())             # here goes your own trained model
    model.export(parser.parse_args().saved_model)
