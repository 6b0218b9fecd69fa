"""Writes a small ConvNeXt of Keras 3 as a SavedModel: python export_keras3.py SAVED_MODEL_DIR

It is the code of keras.applications, whose depthwise convolutions are grouped convolutions: see README.md for the two
steps that follow.
"""
import argparse
import os

os.environ.setdefault('KERAS_BACKEND', 'tensorflow')

import keras
from keras.src.applications.convnext import ConvNeXt   # the builder behind keras.applications.ConvNeXtTiny

from keras_example_weights import with_example_weights


def build_model(size=32, widths=(8, 16, 32, 48), depths=(1, 1, 2, 1), classes=10):
    return ConvNeXt(depths=list(depths), projection_dims=list(widths), drop_path_rate=0.0, default_size=size,
                    name='convnext', include_preprocessing=False, weights=None, input_shape=(size, size, 3),
                    classes=classes, classifier_activation=None)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('saved_model', metavar='SAVED_MODEL_DIR')
    model = with_example_weights(build_model())             # here goes your own trained model
    model.export(parser.parse_args().saved_model,
                 input_signature=[keras.InputSpec(shape=(None, *model.input_shape[1:]), dtype='float32', name='image')],
                 verbose=False)
