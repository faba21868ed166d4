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

Figures = tuple[tuple[int, ...], int, int]  # output, channels first; learned parameters; multiply-adds
Layer = tuple[tuple[int, ...], int, int, tuple[int, ...]]  # and where its input comes from

INPUT = -1  # in place of a line


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
    layers = with_sources(model.layers if summary else walk(model), graph(model, []))
    total = sum(work for _, _, work, _ in layers)
    assert 2 * total == counter.get_total_flops(), (total, counter.get_total_flops() / 2)
    return {"params": _elements(model.trainable_weights), "buffers": _elements(model.non_trainable_weights)}, layers


def _elements(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def with_sources(layers: list[Any], before: dict[Any, list[Any]]) -> list[Layer]:
    """The lines of these layers, each with how many lines above its sources are; 0 for the network's input."""
    lines: list[Layer] = []
    given: dict[Any, frozenset[int]] = {}  # layer -> the lines whose outputs it passes on
    for layer in layers:
        sources = frozenset().union(*(given[other] for other in before[layer])) or frozenset({INPUT})
        for figures in parts(layer):
            above = sorted(0 if place == INPUT else len(lines) - place for place in sources)
            lines.append((*figures, tuple(above)))
            sources = frozenset({len(lines) - 1})
        given[layer] = sources
    return lines


def graph(model: Any, fed: list[Any]) -> dict[Any, list[Any]]:
    """Each layer's sources; those of a model inside among them, whose input is `fed`."""
    found: dict[Any, list[Any]] = {}
    for layer in _after(_outputs(model), _before):
        before = [one for other in _before(layer) for one in (_outputs(other) if inside(other) else [other])]
        found |= graph(layer, before) if inside(layer) else {layer: before or fed}
    return found


def inside(layer: Any) -> bool:
    """Whether the layer is a model."""
    return isinstance(layer, keras.Model)


def walk(model: Any) -> list[Any]:
    """The layers of a functional or sequential model, inputs first; those of a model inside where it stands."""
    depths: dict[Any, int] = {}
    for layer in _after(_outputs(model), _before):
        depths[layer] = 1 + max((depths[other] for other in _before(layer)), default=0)

    def ordered(layer: Any) -> list[Any]:
        deepest_first = isinstance(layer, keras.layers.Add)
        return sorted(_before(layer), key=depths.__getitem__, reverse=True) if deepest_first else _before(layer)

    return [one for layer in _after(_outputs(model), ordered) for one in (walk(layer) if inside(layer) else [layer])]


def _outputs(model: Any) -> list[Any]:
    return [output._keras_history.operation for output in model.outputs]


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


def parts(layer: Any) -> Iterator[Figures]:
    """The layer's lines: one, none, or the two of a separable convolution."""
    if isinstance(layer, keras.layers.SeparableConv2D):
        _, *map_, channels = layer.output.shape
        depthwise, pointwise, *bias = (tuple(weight.shape) for weight in layer.weights)
        yield _line((depthwise[-2] * depthwise[-1], *map_), depthwise)
        yield _line((channels, *map_), pointwise, *bias)
    elif isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)):
        _, *map_, channels = layer.output.shape
        yield _line((channels, *map_), *(tuple(weight.shape) for weight in layer.weights))


def _line(output: tuple[int, ...], kernel: tuple[int, ...], *bias: tuple[int, ...]) -> Figures:
    weights = math.prod(kernel)
    return output, weights + sum(map(math.prod, bias)), weights * math.prod(output[1:])
