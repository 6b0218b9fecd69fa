"""Writes a small PyTorch ConvNeXt as a SavedModel, by way of ONNX and onnx2tf: python export_pytorch.py SAVED_MODEL_DIR"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# onnx2tf checks itself on a sample image, which it downloads unless a file of this name lies in the current folder.
SAMPLE_IMAGES = 'calibration_image_sample_data_20x128x128x3_float32.npy'


class LayerNorm2d(nn.LayerNorm):
    """LayerNorm over the channels of [n, c, h, w]."""

    def forward(self, x):
        y = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return y.permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = LayerNorm2d(channels, eps=1e-6)
        self.expand = nn.Conv2d(channels, 4 * channels, 1)
        self.project = nn.Conv2d(4 * channels, channels, 1)
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), 1e-6))

    def forward(self, x):
        y = self.project(F.gelu(self.expand(self.norm(self.depthwise(x)))))
        return x + self.layer_scale * y


def build_model(widths=(16, 24), depths=(2, 2), classes=10):
    layers = [nn.Conv2d(3, widths[0], 4, 4), LayerNorm2d(widths[0], eps=1e-6)]
    for stage, (width, depth) in enumerate(zip(widths, depths)):
        if stage > 0:
            layers += [LayerNorm2d(widths[stage - 1], eps=1e-6), nn.Conv2d(widths[stage - 1], width, 2, 2)]
        layers += [ConvNeXtBlock(width) for _ in range(depth)]
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(widths[-1], eps=1e-6), nn.Linear(widths[-1], classes)]
    return nn.Sequential(*layers, *pool)


def with_example_weights(model, seed=0):
    """Random norms, biases and scales: they stand in for trained ones, since the converter folds away zeros and ones."""
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if name.endswith('layer_scale'):
            nn.init.normal_(parameter, 0.3, 0.1)
        elif name.endswith('bias'):
            nn.init.normal_(parameter, 0, 0.1)
        elif parameter.ndim == 1:
            nn.init.normal_(parameter, 1, 0.2)
    return model.eval()


def export(model, shape, folder):
    """Writes the model as a SavedModel for inputs of exactly this shape, [n, c, h, w] here and [n, h, w, c] there."""
    with tempfile.TemporaryDirectory() as work:
        images = np.random.default_rng(0).random((20, 128, 128, 3)).astype('f')
        np.save(os.path.join(work, SAMPLE_IMAGES), images)
        torch.onnx.export(model, torch.zeros(shape), os.path.join(work, 'model.onnx'), opset_version=17, dynamo=False,
                          input_names=['image'], output_names=['logits'])
        onnx2tf = os.path.join(os.path.dirname(sys.executable), 'onnx2tf')
        subprocess.run([onnx2tf, '-i', 'model.onnx', '-o', os.path.abspath(folder), '-osd', '-nuo'], cwd=work, check=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('saved_model', metavar='SAVED_MODEL_DIR')
    folder = parser.parse_args().saved_model
    export(with_example_weights(build_model()), (1, 3, 32, 32), folder)   # here goes your own trained model
