"""Modules of pytorchcv with one stated change, where the library's own form is not the paper's."""

from __future__ import annotations

from typing import Any

from pytorchcv.models import alexnet as alex
from pytorchcv.models import bninception, resnet_cifar
from pytorchcv.models.resnet import ResUnit
from torch import nn


class ZeroPadded(nn.Module):
    """Every second position, and as many channels of zeros as there are."""

    def forward(self, x: Any) -> Any:
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, x.shape[1]))


def option_a(depth: int) -> nn.Module:
    """pytorchcv.models.resnet_cifar with shortcuts that have no parameters, where it has projections."""
    model = getattr(resnet_cifar, f"resnet{depth}_cifar10")()
    for unit in model.modules():
        if getattr(unit, "resize_identity", False):
            unit.identity_conv = ZeroPadded()
    return model


class PlainUnit(nn.Module):
    """A unit's two convolutions and the ReLU behind its addition, without the addition."""

    def __init__(self, unit: ResUnit) -> None:
        super().__init__()
        self.body, self.activ = unit.body, unit.activ

    def forward(self, x: Any) -> Any:
        return self.activ(self.body(x))


def plain(depth: int) -> nn.Module:
    """pytorchcv.models.resnet_cifar without its shortcuts."""
    model = getattr(resnet_cifar, f"resnet{depth}_cifar10")()
    for stage in model.features:
        for name, unit in list(stage.named_children()):
            if isinstance(unit, ResUnit):
                setattr(stage, name, PlainUnit(unit))
    return model


def alexnet_grouped() -> nn.Module:
    """pytorchcv.models.alexnet with two groups in conv2, conv4 and conv5."""
    model = alex.alexnet()
    convs = [block for block in model.modules() if isinstance(getattr(block, "conv", None), nn.Conv2d)]
    for block in (convs[1], convs[3], convs[4]):
        old = block.conv
        block.conv = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, padding=old.padding, groups=2)
    return model


def bn_inception_printed() -> nn.Module:
    """pytorchcv.models.bninception without any convolution biases, with 96 filters after the pools of 4c and 4d."""
    model = bninception.BNInception(
        channels=[[256, 320], [576, 576, 576, 576, 576], [1024, 1024, 1024]],
        init_block_channels_list=[64, 192],
        mid1_channels_list=[
            [[64, 64], [64, 64]],
            [[128, 64], [64, 96], [96, 96], [128, 128], [128, 160]],
            [[128, 192], [192, 160], [192, 192]],
        ],
        mid2_channels_list=[
            [[64, 64, 96, 32], [64, 96, 96, 64]],
            [[0, 160, 96, 0], [224, 96, 128, 128], [192, 128, 128, 128], [160, 160, 160, 96], [96, 192, 192, 96]],
            [[0, 192, 256, 0], [352, 320, 224, 128], [352, 320, 224, 128]],
        ],
        bias=False,
    )
    for layer in model.features.init_block.modules():  # two of its convolutions keep theirs
        if isinstance(layer, nn.Conv2d):
            layer.bias = None
    return model
