"""Makes of trained networks what a page can load: python convert.py SAVED_MODELS WEB_MODELS [NAME...]

Each network FAMILY-SIZE that train.py left in SAVED_MODELS becomes a TensorFlow.js graph model, and the images that these
networks did not see in training become a labelled test set, WEB_MODELS/digits-test.
"""
import argparse
import json
import os

os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'   # else the converter meets ops of oneDNN's own
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

import digits


def write_test_set(folder):
    images, labels = digits.load()
    _, held_out = digits.folds(labels)[digits.EXPORTED_FOLD]
    os.makedirs(folder, exist_ok=True)
    images[held_out].tofile(os.path.join(folder, 'images.bin'))
    description = {'schema': 1, 'images': 'images.bin', 'dtype': 'uint8', 'scale': 255,
                   'shape': list(images[held_out].shape), 'labels': labels[held_out].tolist()}
    with open(os.path.join(folder, 'test.json'), 'w') as file:
        json.dump(description, file)
        file.write('\n')


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('saved_models', metavar='SAVED_MODELS')
    parser.add_argument('web_models', metavar='WEB_MODELS')
    parser.add_argument('names', nargs='*', metavar='NAME', help='as in convfirst-small; default: all that are there')
    options = parser.parse_args(arguments)
    for name in options.names or sorted(os.listdir(options.saved_models)):
        convert_tf_saved_model(os.path.join(options.saved_models, name), os.path.join(options.web_models, name))
    write_test_set(os.path.join(options.web_models, 'digits-test'))


if __name__ == '__main__':
    main()
