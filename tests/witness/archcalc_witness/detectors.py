"""Detectors from torchvision's parts, without what handles boxes: it has no weights, and its operators are compiled."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torchvision.models import resnet101, vgg16
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.ssd import ssd300_vgg16


class Single(nn.Module):
    """The backbone and the head of a torchvision detector, without what handles its boxes."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone, self.head = detector.backbone, detector.head

    def forward(self, x: Any) -> Any:
        return self.head(list(self.backbone(x).values()))


def ssd300(classes: int) -> nn.Module:
    """Backbone and head of torchvision.models.detection.ssd300_vgg16."""
    return Single(ssd300_vgg16(weights=None, weights_backbone=None, num_classes=classes))


def rpn(channels: int) -> nn.Module:
    """torchvision's RPNHead with 512 filters, and the paper's two scores for each of nine anchors, where it has one."""
    head = RPNHead(512, 9)
    head.conv = nn.Conv2d(channels, 512, kernel_size=3, padding=1)
    head.cls_logits = nn.Conv2d(512, 2 * 9, kernel_size=1)
    return head


class TwoStage(nn.Module):
    """An image's map, proposals from it, and the head for one proposal, pooled to 7 x 7."""

    def __init__(self, backbone: nn.Module, rpn: nn.Module | None, head: nn.Module, predictor: nn.Module) -> None:
        super().__init__()
        self.backbone, self.rpn, self.head, self.predictor = backbone, rpn, head, predictor

    def forward(self, x: Any) -> Any:
        x = self.backbone(x)
        proposals = self.rpn([x]) if self.rpn else None
        return proposals, self.predictor(self.head(nn.functional.adaptive_avg_pool2d(x, 7)))


def two_stage(proposing: bool) -> nn.Module:
    """torchvision's vgg16 without its last pool, RPNHead (two scores an anchor), TwoMLPHead, FastRCNNPredictor."""
    backbone, head = vgg16().features[:-1], TwoMLPHead(512 * 7 * 7, 4096)
    return TwoStage(backbone, rpn(512) if proposing else None, head, FastRCNNPredictor(4096, 21))


class RFCN(nn.Module):
    """torchvision's resnet101 with a dilated last stage; RPNHead on the stage before; the paper's convolutions."""

    def __init__(self, k: int, classes: int) -> None:
        super().__init__()
        self.body = resnet101(replace_stride_with_dilation=[False, False, True])
        del self.body.fc
        self.rpn = rpn(1024)
        self.reduce = nn.Conv2d(2048, 1024, kernel_size=1)
        self.scores = nn.Conv2d(1024, k * k * (classes + 1), kernel_size=1)
        self.boxes = nn.Conv2d(1024, 4 * k * k, kernel_size=1)

    def forward(self, x: Any) -> Any:
        body = self.body
        x = body.maxpool(torch.relu(body.bn1(body.conv1(x))))
        x = body.layer3(body.layer2(body.layer1(x)))
        proposals = self.rpn([x])
        x = torch.relu(self.reduce(body.layer4(x)))
        return proposals, self.scores(x), self.boxes(x)
