"""python -m unittest export_keras_applications_test.py   (in the converter's environment)"""
import json
import os
import tempfile
import unittest

import numpy as np
import tensorflow as tf

from export_keras_applications import SIZE, check_logits, example_images, settle_logits, settle_norms, write_golden
from keras_example_weights import with_example_weights

layers = tf.keras.layers


def deep_model(depth=20):
    x = inputs = layers.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(8, 16, 16)(x)
    for _ in range(depth):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, padding='same', use_bias=False)(x)))
    x = layers.GlobalAveragePooling2D()(layers.Dropout(0.5)(x))
    return tf.keras.Model(inputs, layers.Dense(10)(x))


class Weights(unittest.TestCase):
    def test_a_deep_network_keeps_its_scale_and_sees_the_image(self):
        tf.keras.utils.set_random_seed(0)
        model = with_example_weights(deep_model())
        images = example_images(8, (-1, 1), seed=1)
        settle_norms(model, images, seed=2)
        settle_logits(model, images)
        self.assertAlmostEqual(float(np.std(model(images))), 1, places=3)
        self.assertIn('from image to image', check_logits('deep', model(images).numpy()))
        norm = next(layer for layer in model.layers if isinstance(layer, layers.BatchNormalization))
        self.assertEqual(norm.momentum, 0.99)
        self.assertEqual(next(layer for layer in model.layers if isinstance(layer, layers.Dropout)).rate, 0.5)

    def test_logits_that_are_not_finite_or_the_same_for_every_image_are_refused(self):
        row = np.random.default_rng(0).normal(size=(1, 10))
        for logits in (np.repeat(row, 4, axis=0), np.concatenate([row, row * np.nan])):
            with self.assertRaisesRegex(SystemExit, 'must be finite and vary with the image'):
                check_logits('net', logits)


class Golden(unittest.TestCase):
    def test_names_the_files_and_shapes(self):
        with tempfile.TemporaryDirectory() as folder:
            image, logits = np.ones((1, 2, 2, 3), 'f'), np.arange(4, dtype='f')[np.newaxis]
            write_golden(folder, image, logits)
            with open(os.path.join(folder, 'golden.json')) as file:
                golden = json.load(file)
            read = np.fromfile(os.path.join(folder, golden['outputs'][0]['file']), '<f4')
        self.assertEqual(golden['inputs'], [{'file': 'input0.bin', 'shape': [1, 2, 2, 3], 'dtype': 'float32'}])
        self.assertEqual(read.reshape(golden['outputs'][0]['shape']).tolist(), logits.tolist())


if __name__ == '__main__':
    unittest.main()
