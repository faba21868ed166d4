"""Modules of torchvision with one stated change, where the library's own form is not the paper's."""

from __future__ import annotations

from typing import Any

from torch import nn
from torchvision.models import resnet, vgg
from torchvision.models.googlenet import GoogLeNet, Inception, InceptionAux


def vgg_features(*stages: str, lrn: bool = False) -> nn.Module:
    """torchvision.models.vgg.VGG; each stage lists its kernels, "331" is 3x3, 3x3, 1x1."""
    layers: list[nn.Module] = []
    channels = 3
    for width, stage in zip((64, 128, 256, 512, 512), stages, strict=True):
        for kernel in map(int, stage):
            layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), nn.ReLU()]
            channels = width
            if lrn and len(layers) == 2:
                layers.append(nn.LocalResponseNorm(5))
        layers.append(nn.MaxPool2d(2))
    return vgg.VGG(nn.Sequential(*layers), init_weights=False)


class Biased(nn.Module):
    """A convolution with a bias and no batch norm, in place of torchvision's BasicConv2d."""

    def __init__(self, channels: int, out: int, **options: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, **options)

    def forward(self, x: Any) -> Any:
        return nn.functional.relu(self.conv(x))


def googlenet_paper(aux_logits: bool) -> nn.Module:
    """torchvision.models.GoogLeNet as in the paper: biases for batch norm, 5x5 where it has 3x3, last pool of 3x3."""

    def inception(*widths: int) -> nn.Module:
        module = Inception(*widths, conv_block=Biased)
        module.branch3[1] = Biased(widths[4], widths[5], kernel_size=5, padding=2)
        return module

    def head(channels: int, classes: int, dropout: float) -> nn.Module:
        return InceptionAux(channels, classes, conv_block=Biased, dropout=dropout)

    model = GoogLeNet(aux_logits=aux_logits, init_weights=False, blocks=[Biased, inception, head])
    model.maxpool4.kernel_size = 3
    return model


class PlainBlock(resnet.BasicBlock):
    """The two convolutions of a basic block without its shortcut."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.downsample = None

    def forward(self, x: Any) -> Any:
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))


def plain(*repeats: int) -> nn.Module:
    """torchvision.models.resnet.ResNet of basic blocks without their shortcuts."""
    return resnet.ResNet(PlainBlock, list(repeats))


def residual(*repeats: int, **options: Any) -> nn.Module:
    """torchvision.models.resnet.ResNet(Bottleneck, repeats, ...)."""
    return resnet.ResNet(resnet.Bottleneck, list(repeats), **options)
