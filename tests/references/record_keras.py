"""Read each layer with weights off a Keras model, and run the model without data."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
from torch.utils.flop_counter import FlopCounterMode

Layer = tuple[tuple[int, ...], int, int]  # output, channels first; learned parameters; multiply-adds


def record(
    build: Callable[..., Any], summary: bool = False, device: str = "meta", **options: Any
) -> tuple[dict[str, int], list[Layer]]:
    """Totals of a model without pretrained weights, and every convolution and dense layer.

    Branches come one after the other, in the order in which their join takes them; of those that are added, the
    longest comes first: Keras code often writes the shortcut first. With `summary`, in the order of model.summary(),
    which goes by the distance from the output. Not every layer of Keras runs without data, on the "meta" device.
    """
    with keras.device(device):
        model = build(**options)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.empty(1, *model.input_shape[1:], device=device))
    layers = [line for layer in (model.layers if summary else walk(model)) for line in parts(layer)]
    total = sum(work for _, _, work in layers)
    assert 2 * total == counter.get_total_flops(), (total, counter.get_total_flops() / 2)
    return {"params": _elements(model.trainable_weights), "buffers": _elements(model.non_trainable_weights)}, layers


def _elements(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def walk(model: Any) -> list[Any]:
    """The layers of a functional or sequential model, inputs first; those of a model inside where it stands."""
    outputs = [output._keras_history.operation for output in model.outputs]
    depths: dict[Any, int] = {}
    for layer in _after(outputs, _before):
        depths[layer] = 1 + max((depths[other] for other in _before(layer)), default=0)

    def ordered(layer: Any) -> list[Any]:
        deepest_first = isinstance(layer, keras.layers.Add)
        return sorted(_before(layer), key=depths.get, reverse=True) if deepest_first else _before(layer)

    layers = _after(outputs, ordered)
    return [one for layer in layers for one in (walk(layer) if isinstance(layer, keras.Model) else [layer])]


def _before(layer: Any) -> list[Any]:
    return [tensor._keras_history.operation for node in layer._inbound_nodes[:1] for tensor in node.input_tensors]


def _after(outputs: list[Any], before: Callable[[Any], list[Any]]) -> list[Any]:
    """Everything the outputs need, each after what it needs itself."""
    found: dict[Any, bool] = {}  # whether it has been placed
    order, stack = [], list(reversed(outputs))
    while stack:
        layer = stack[-1]
        if layer not in found:
            found[layer] = False
            stack += [other for other in reversed(before(layer)) if other not in found]
        else:
            stack.pop()
            order += [] if found[layer] else [layer]
            found[layer] = True
    return order


def parts(layer: Any) -> Iterator[Layer]:
    """The layer's lines: one, none, or the two of a separable convolution."""
    if isinstance(layer, keras.layers.SeparableConv2D):
        _, *map_, channels = layer.output.shape
        depthwise, pointwise, *bias = (tuple(weight.shape) for weight in layer.weights)
        yield _line((depthwise[-2] * depthwise[-1], *map_), depthwise)
        yield _line((channels, *map_), pointwise, *bias)
    elif isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)):
        _, *map_, channels = layer.output.shape
        yield _line((channels, *map_), *(tuple(weight.shape) for weight in layer.weights))


def _line(output: tuple[int, ...], kernel: tuple[int, ...], *bias: tuple[int, ...]) -> Layer:
    weights = math.prod(kernel)
    return output, weights + sum(map(math.prod, bias)), weights * math.prod(output[1:])
