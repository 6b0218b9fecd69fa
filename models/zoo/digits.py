"""The handwritten digits of scikit-learn, upscaled and split into folds."""
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from networks import IMAGE_SIZE

FOLDS = 5
EXPORTED_FOLD = 0   # the networks that did not see this one are kept, and its images with them
SPLIT_SEED = 0


def load():
    """Returns the 1797 images as bytes, [n, 32, 32, 1], and their labels.

    The originals are 8×8 with values from 0 to 16. They are made larger bilinearly, pixel centres at the half, and then
    rounded to bytes, so that what is trained on is exactly what a file of bytes can hold.
    """
    images, labels = load_digits(return_X_y=True)
    large = tf.image.resize(images.reshape(-1, 8, 8, 1), (IMAGE_SIZE, IMAGE_SIZE), 'bilinear').numpy()
    return np.rint(large * (255 / 16)).astype(np.uint8), labels


def folds(labels):
    """Returns [(indices to train on, indices held out)]: each image is held out once, each fold has all digits alike."""
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SPLIT_SEED)
    return list(splitter.split(np.zeros(len(labels)), labels))
