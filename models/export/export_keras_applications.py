"""Writes whole networks of keras.applications as TensorFlow.js graph models, with what TensorFlow computes for an image.

    python export_keras_applications.py --out DIR [--only MobileNetV2 EfficientNetB0]

They have their full size and seeded random weights in place of trained ones. Each is a folder, DIR/<name>, of model.json
and its shards, golden.json, which names the files and shapes of one input and its output, and the two files: float32,
little-endian. Outputs are logits.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'   # else the converter may meet ops of oneDNN's own
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

try:
    import numpy as np
    import tensorflow as tf
    import tensorflowjs  # noqa: F401  the converter's package: it is run as a program
except ImportError as missing:
    sys.exit(f'{sys.executable}: {missing}; install the converter\'s environment of models/export/README.md and run its Python '
             '(npm takes it from the variable PYTHON)')

from clear_xla_marks import clear_marks_in_folder
from keras_example_weights import with_example_weights

SIZE = 224
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)

# What a network's pixels are; those with 0 to 255 scale them themselves.
BYTES, SIGNED = (0, 255), (-1, 1)
NETWORKS = {
    'MobileNet': SIGNED,
    'MobileNetV2': SIGNED,
    'MobileNetV3Small': BYTES,
    'MobileNetV3Large': BYTES,
    'EfficientNetB0': BYTES,
    'EfficientNetV2B0': SIGNED,
    'ConvNeXtTiny': BYTES,
}


def example_images(count, pixels, seed):
    """Returns random images that differ in what an average over them keeps: from coarse patches of colour to noise alone."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.uniform(size=(count, 7, 7, 3)), np.ones((1, SIZE // 7, SIZE // 7, 1)))
    low, high = pixels
    share = np.linspace(0.8, 0, count)[:, None, None, None]
    images = low + (high - low) * (share * coarse + (1 - share) * rng.uniform(size=coarse.shape))
    return images.astype('f')


def settle_norms(model, images, seed):
    """Gives each BatchNorm the statistics of what comes to it, off by some random amount, as trained ones are.

    With statistics drawn at random, as with_example_weights has them, a deep network's activations fade or explode.
    """
    norms = [layer for layer in model.layers if isinstance(layer, tf.keras.layers.BatchNormalization)]
    dropouts = [layer for layer in model.layers if isinstance(layer, tf.keras.layers.Dropout)]
    if not norms:
        return
    momenta, rates = [layer.momentum for layer in norms], [layer.rate for layer in dropouts]
    for layer in norms:
        layer.momentum = 0.0                  # one batch gives all of the statistics
    for layer in dropouts:
        layer.rate = 0.0
    model(images, training=True)
    rng = np.random.default_rng(seed)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
        mean, variance = layer.moving_mean.numpy(), layer.moving_variance.numpy()
        layer.moving_mean.assign(mean + 0.2 * np.sqrt(variance) * rng.normal(size=mean.shape))
        # The mean of 1 / factor is 1: the activations keep their scale however deep the network.
        layer.moving_variance.assign(variance * np.exp(rng.normal(0.045, 0.3, variance.shape)))
    for layer, rate in zip(dropouts, rates):
        layer.rate = rate


def settle_logits(model, images):
    """Scales the classifier so that its logits have a deviation near 1, as tolerances take for granted."""
    classifier = [layer for layer in model.layers if hasattr(layer, 'kernel')][-1]
    deviation = np.std(model(images, training=False))
    for variable in classifier.weights:
        variable.assign(variable / deviation)


def set_normalization(model):
    """Gives Normalization layers the statistics of ImageNet, which come with trained weights alone."""
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.Normalization) and layer.weights:
            layer.adapt_mean.assign(IMAGENET_MEAN)
            layer.adapt_variance.assign(np.square(IMAGENET_DEVIATION))
            layer.finalize_state()


# EfficientNetV2 takes its scaling as an option: without it random numbers between -1 and 1 are an image to it.
OPTIONS = {'EfficientNetV2B0': {'include_preprocessing': False}}


def build(name, seed=0):
    tf.keras.backend.clear_session()          # names without numbers, whichever networks came before
    tf.keras.utils.set_random_seed(seed)
    model = getattr(tf.keras.applications, name)(
        input_shape=(SIZE, SIZE, 3), weights=None, include_top=True, classifier_activation=None, **OPTIONS.get(name, {}))
    set_normalization(model)
    with_example_weights(model, seed)
    images = example_images(8, NETWORKS[name], seed + 1)
    settle_norms(model, images, seed + 2)
    settle_logits(model, images)
    return model


def convert(model, folder):
    converter = os.path.join(os.path.dirname(sys.executable), 'tensorflowjs_converter')
    with tempfile.TemporaryDirectory() as saved_model:
        model.export(saved_model)
        clear_marks_in_folder(saved_model)    # ConvNeXt has grouped convolutions
        run = subprocess.run([converter, '--input_format=tf_saved_model', '--output_format=tfjs_graph_model',
                              saved_model, folder], capture_output=True, text=True)
    if run.returncode != 0 or not os.path.exists(os.path.join(folder, 'model.json')):
        sys.exit(f'{folder}: the converter failed: {run.stderr[-2000:]}')


def write_golden(folder, image, logits):
    case = {}
    for kind, values in (('input', image), ('output', logits)):
        file = f'{kind}0.bin'
        values.astype('<f4').tofile(os.path.join(folder, file))
        case[f'{kind}s'] = [{'file': file, 'shape': list(values.shape), 'dtype': 'float32'}]
    with open(os.path.join(folder, 'golden.json'), 'w') as file:
        json.dump(case, file, indent=1)


def check_logits(name, logits):
    """Random weights are of use where the network's output is finite and depends on the image."""
    variation = np.std(logits, axis=0).mean() / np.std(logits)
    if not np.isfinite(logits).all() or variation < 0.01:
        sys.exit(f'{name}: its logits must be finite and vary with the image, got a variation of {variation}; change the '
                 'weights')
    return f'logits of deviation {np.std(logits):.2f}, {variation:.0%} of it from image to image'


def export(name, out):
    model = build(name)
    images = example_images(4, NETWORKS[name], seed=9)
    run = tf.function(lambda x: model(x, training=False), jit_compile=True)   # without XLA a CPU has no grouped convolution
    logits = run(tf.constant(images)).numpy()
    said = check_logits(name, logits)
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    convert(model, folder)
    write_golden(folder, images[:1], run(tf.constant(images[:1])).numpy())
    print(f'{folder}: {model.count_params()} parameters, {said}', flush=True)


def main():
    tf.keras.utils.disable_interactive_logging()   # model.export() would list every variable
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True, metavar='DIR', help='where the folders of the networks are to be')
    parser.add_argument('--only', nargs='+', choices=NETWORKS, default=list(NETWORKS), metavar='NAME',
                        help=f'of {", ".join(NETWORKS)}')
    arguments = parser.parse_args()
    for name in arguments.only:
        export(name, arguments.out)


if __name__ == '__main__':
    main()
