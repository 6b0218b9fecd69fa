"""Random weights for a Keras model, of version 2 or 3: they stand in for trained ones.

The converter folds zero biases and unit scales away, so the graph of an untrained model is not that of the trained one.
"""
import numpy as np


def with_example_weights(model, seed=0):
    """Gives the model's norms, biases and layer scales random values. Returns the model."""
    rng = np.random.default_rng(seed)
    draws = {
        'layer_scale': lambda shape: rng.normal(0.3, 0.1, shape),
        'moving_mean': lambda shape: rng.normal(0, 0.2, shape),
        'moving_variance': lambda shape: rng.uniform(0.5, 1.5, shape),
        'gamma': lambda shape: rng.normal(1, 0.2, shape),
        'beta': lambda shape: rng.normal(0, 0.1, shape),
        'bias': lambda shape: rng.normal(0, 0.1, shape),
    }
    for variable in model.weights:
        path = getattr(variable, 'path', variable.name)
        for kind, draw in draws.items():
            if kind in path:
                variable.assign(draw(variable.shape).astype('f'))
                break
    return model
