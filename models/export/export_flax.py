"""Writes a small Flax ConvNeXt as a TensorFlow.js graph model: python export_flax.py WEB_MODEL_DIR"""
import argparse
import os

os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'   # else the converter may meet ops of oneDNN's own
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import jax
import jax.numpy as jnp
import numpy as np
import tensorflow as tf
from flax import linen as nn
from tensorflowjs.converters.jax_conversion import convert_jax


def patchify(channels, patch):
    return nn.Conv(channels, (patch, patch), (patch, patch), padding='VALID')


class ConvNeXtBlock(nn.Module):
    """Depthwise 7×7 conv, LayerNorm, expand by 4, GELU (Flax's default: by tanh), project, layer scale; + x."""

    @nn.compact
    def __call__(self, x):
        channels = x.shape[-1]
        y = nn.Conv(channels, (7, 7), feature_group_count=channels)(x)
        y = nn.gelu(nn.Dense(4 * channels)(nn.LayerNorm(epsilon=1e-6)(y)))
        scale = self.param('layer_scale', nn.initializers.constant(1e-6), (channels,))
        return x + nn.Dense(channels)(y) * scale


class ConvNeXt(nn.Module):
    widths: tuple = (16, 24)
    depths: tuple = (2, 2)
    classes: int = 10

    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm(epsilon=1e-6)(patchify(self.widths[0], 4)(x))
        for stage, (width, depth) in enumerate(zip(self.widths, self.depths)):
            if stage > 0:
                x = patchify(width, 2)(nn.LayerNorm(epsilon=1e-6)(x))
            for _ in range(depth):
                x = ConvNeXtBlock()(x)
        return nn.Dense(self.classes)(nn.LayerNorm(epsilon=1e-6)(x.mean((1, 2))))


def example_variables(model, shape, seed=0):
    """Random variables, biases and scales too: they stand in for trained ones.

    Fresh Flax variables have zero biases and unit scales, which the converter folds away, so that the graph of an
    untrained model is not that of the trained one.
    """
    rng = np.random.default_rng(seed)

    def example(path, value):
        name = path[-1].key
        if name == 'bias':
            return rng.normal(0, 0.1, value.shape).astype('f')
        if name == 'scale':
            return rng.normal(1, 0.2, value.shape).astype('f')
        if name == 'layer_scale':
            return rng.normal(0.3, 0.1, value.shape).astype('f')
        return value

    fresh = model.init(jax.random.PRNGKey(seed), jnp.zeros(shape))
    return jax.tree_util.tree_map_with_path(example, fresh)


def export(model, variables, shape, folder):
    """Writes the model with its variables, for inputs of exactly this shape."""
    convert_jax(model.apply, variables, input_signatures=[tf.TensorSpec(shape, tf.float32, name='image')],
                model_dir=folder)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('web_model', metavar='WEB_MODEL_DIR')
    shape = (1, 32, 32, 3)
    model = ConvNeXt()                                # here go your own model and its trained variables
    export(model, example_variables(model, shape), shape, parser.parse_args().web_model)
