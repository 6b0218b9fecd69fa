"""Trains the zoo: python train.py --saved-models FOLDER. Writes results.json and accuracies.json; see README.md."""
import argparse
import collections
import json
import math
import multiprocessing
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import tensorflow as tf

import digits
import networks

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 32
SHIFT = 3               # pixels by which a training image may move, either way
LEARNING_RATE = 4e-3    # at the end of the warm-up; then a half cosine to zero
WEIGHT_DECAY = 0.02
WARMUP_SHARE = 0.15     # of the steps
Z95 = 1.959964          # two-sided 95% of the normal distribution


def shifted(image, label):
    """Moves the image by up to SHIFT pixels each way; zeros come in."""
    padded = tf.pad(image, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)))
    return tf.image.random_crop(padded, image.shape), label


def fit(model, images, labels, epochs):
    steps = epochs * (len(images) // BATCH)
    warmup = round(WARMUP_SHARE * steps)
    rate = tf.keras.optimizers.schedules.CosineDecay(0.0, steps - warmup, warmup_target=LEARNING_RATE,
                                                     warmup_steps=warmup)
    model.compile(tf.keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY),
                  tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images)).map(shifted)
    model.fit(batches.batch(BATCH, drop_remainder=True), epochs=epochs, verbose=0)


def use_one_thread():
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def train_fold(task):
    """Trains one network on all folds but one. Returns the task and how many of the held-out images it gets right."""
    family, size, fold, options = task
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(options.seed + fold)
    images, labels = digits.load()
    images = images.astype(np.float32) / 255
    train, test = digits.folds(labels)[fold]
    model = networks.build(family, size)
    fit(model, images[train], labels[train], options.epochs)
    correct = int(np.sum(np.argmax(model.predict(images[test], verbose=0), -1) == labels[test]))
    if fold == digits.EXPORTED_FOLD and options.saved_models:
        model.export(os.path.join(options.saved_models, f'{family}-{size}'))
    return family, size, fold, {'correct': correct, 'images': len(test)}


def wilson(correct, images):
    """Returns the 95% interval of the share, after Wilson (1927)."""
    share = correct / images
    scale = 1 + Z95 ** 2 / images
    centre = (share + Z95 ** 2 / (2 * images)) / scale
    half = Z95 / scale * math.sqrt(share * (1 - share) / images + Z95 ** 2 / (4 * images ** 2))
    return [centre - half, centre + half]


def figures(family, size, per_fold, options):
    model = networks.build(family, size)
    correct, images = (sum(fold[key] for fold in per_fold) for key in ('correct', 'images'))
    accuracies = [fold['correct'] / fold['images'] for fold in per_fold]
    return {
        'family': family, 'size': size, 'width': networks.WIDTHS[size],
        'parameters': networks.trainable_parameters(model), 'mmac': round(networks.macs(model) / 1e6, 4),
        'correct': correct, 'images': images, 'accuracy': round(correct / images, 5),
        'interval95': [round(end, 5) for end in wilson(correct, images)],
        'meanOfFolds': round(float(np.mean(accuracies)), 5),
        'spreadOfFolds': round(float(np.std(accuracies, ddof=1)), 5),
        'folds': per_fold, 'epochs': options.epochs, 'seed': options.seed,
    }


def write_results(path, networks_done):
    """Puts these networks' figures into the file; those of others stay."""
    known = {}
    if os.path.exists(path):
        with open(path) as file:
            known = {(each['family'], each['size']): each for each in json.load(file)['networks']}
    known.update({(each['family'], each['size']): each for each in networks_done})
    order = [(family, size) for family in networks.FAMILIES for size in networks.WIDTHS]
    all_figures = [known[key] for key in order if key in known]
    write_json(path, {'schema': 1, 'data': 'sklearn.datasets.load_digits', 'imageSize': networks.IMAGE_SIZE,
                      'foldsSeed': digits.SPLIT_SEED, 'networks': all_figures})
    write_json(os.path.join(os.path.dirname(path), 'accuracies.json'), accuracies(all_figures))


# The networks that are kept, and their folders here.
KEPT = {'convfirst-small': 'convfirst-digits', 'convnext-small': 'convnext-digits'}


def accuracies(all_figures):
    """Returns what tfjs-block-fusion waterline --accuracy takes: by the models' folders, the kept ones' too."""
    known = {f'{each["family"]}-{each["size"]}': {'accuracy': each['accuracy'], 'interval': each['interval95'],
                                                  'family': networks.TITLES[each['family']]} for each in all_figures}
    return {**known, **{folder: known[name] for name, folder in KEPT.items() if name in known}}


def write_json(path, value):
    with open(path, 'w') as file:
        json.dump(value, file, indent=1)
        file.write('\n')


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    for flag, names in (('--families', list(networks.FAMILIES)), ('--sizes', list(networks.WIDTHS))):
        parser.add_argument(flag, nargs='+', choices=names, default=names, metavar='NAME', help=f'of {", ".join(names)}')
    parser.add_argument('--epochs', type=int, default=10)
    parser.add_argument('--seed', type=int, default=1, help='of the weights and the batches; each fold adds its number')
    parser.add_argument('--jobs', type=int, default=2, help='folds trained at a time, one thread each')
    parser.add_argument('--results', default=os.path.join(HERE, 'results.json'),
                        help='the file that gets the figures, and beside it accuracies.json')
    parser.add_argument('--saved-models', metavar='FOLDER',
                        help='where the networks that did not see the first fold go, one SavedModel each')
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse(arguments)
    tasks = [(family, size, fold, options) for size in options.sizes for family in options.families
             for fold in range(digits.FOLDS)]
    done = collections.defaultdict(dict)
    with multiprocessing.get_context('spawn').Pool(options.jobs, use_one_thread) as pool:
        for family, size, fold, result in pool.imap_unordered(train_fold, tasks):
            done[family, size][fold] = result
            print(f'{family} {size}, fold {fold}: {result["correct"]} of {result["images"]}', flush=True)
            if len(done[family, size]) == digits.FOLDS:
                per_fold = [done[family, size][index] for index in range(digits.FOLDS)]
                write_results(options.results, [figures(family, size, per_fold, options)])


if __name__ == '__main__':
    main()
