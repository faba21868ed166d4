"""Run a torch module without data and note each layer with weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

# output without the batch axis, learned parameters, multiply-adds, where its input comes from
Layer = tuple[tuple[int, ...], int, int, tuple[int, ...]]
Counted = tuple[dict[str, int], list[Layer]]  # totals of the module; its layers

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
WHOLE = {  # classes, by name since libraries have their own, that are one layer with all that they hold
    *("MultiheadAttention", "Attention", "ShiftedWindowAttention", "RelativePositionalMultiHeadAttention"),
    *("SelfAttention", "GPT2Attention", "LlamaAttention", "Conv1D", "LSTM"),
}


def mult_adds(layer: nn.Module, x: torch.Tensor, y: torch.Tensor, counted: int) -> int:
    """From the weight and the positions it is used at, one example; ``counted`` of what is more than one weight."""
    if type(layer).__name__ in WHOLE:
        return counted
    if isinstance(layer, nn.Linear):
        return _elements(layer) * (y[0].numel() // y.shape[-1])
    return _elements(layer) * (x if isinstance(layer, TRANSPOSED) else y)[0, 0].numel()


def _elements(layer: Any) -> int:
    return int(layer.weight.numel())


class Ran(NamedTuple):
    """A layer that ran."""

    layer: nn.Module
    figures: tuple[tuple[int, ...], int, int]
    before: Any  # the step that made its input, as autograd knows it
    step: Any  # its own


def record(
    model: nn.Module, shape: tuple[int, ...], part: tuple[str, ...] = (), training: bool = False, defined: bool = False
) -> Counted:
    """Every convolution and linear layer of a module on the meta device, and the module's totals.

    `part` names the submodules that are counted, if not all. `training` runs what the module itself adds in training
    (auxiliary heads); its parts stay in evaluation. The layers come in the order in which they run, or (`defined`) in
    which the module defines them.
    """
    model.eval().training = training
    ran: list[Ran] = []

    counter, before = FlopCounterMode(display=False), [0]
    tables = (each for each in model.modules() if isinstance(each, nn.Embedding))
    counted_before = {id(p) for table in tables for p in table.parameters()}

    def start(*_: Any) -> None:
        before[0] = counter.get_total_flops()

    def hook(layer: nn.Module, given: tuple[torch.Tensor, ...], named: dict[str, Any], found: Any) -> None:
        own = {id(p): p.numel() for p in layer.parameters()}
        params = sum(count for known, count in own.items() if known not in counted_before)
        counted_before.update(own)
        x, output = given[0] if given else named["hidden_states"], found[0] if isinstance(found, tuple) else found
        counted = (counter.get_total_flops() - before[0]) // 2
        figures = tuple(output.shape[1:]), params, mult_adds(layer, x, output, counted)
        ran.append(Ran(layer, figures, x.grad_fn, output.grad_fn))

    for layer in _layers(model):
        layer.register_forward_pre_hook(start)
        layer.register_forward_hook(hook, with_kwargs=True)
    image = torch.empty(1, *shape, device="meta", requires_grad=True) + 0
    with counter:
        model(image)
    total = sum(one.figures[2] for one in ran)
    assert 2 * total == counter.get_total_flops(), (total, counter.get_total_flops() / 2)
    counted = nn.ModuleList(model.get_submodule(name) for name in part) if part else model
    places = {layer: place for place, layer in enumerate(counted.modules())}
    kept = [one for one in ran if one.layer in places]
    kept = sorted(kept, key=lambda one: places[one.layer]) if defined else kept
    steps: dict[Any, int | None] = (
        {image.grad_fn: None} | {one.step: None for one in ran} | {one.step: place for place, one in enumerate(kept)}
    )
    return totals(counted), [(*one.figures, sources(one.before, place, steps)) for place, one in enumerate(kept)]


def _layers(model: nn.Module) -> Iterator[nn.Module]:
    """The modules that are layers: what holds others as a whole, and not what it holds."""
    for child in model.children():
        if isinstance(child, (*CONVS, *TRANSPOSED, nn.Linear)) or type(child).__name__ in WHOLE:
            yield child
        else:
            yield from _layers(child)


def sources(before: Any, place: int, steps: dict[Any, int | None]) -> tuple[int, ...]:
    """How many layers back the layers are that give the input of the layer at `place`; 0 for the network's input."""
    found, seen, stack = set(), {before}, [before]
    while stack:
        step = stack.pop()
        if step in steps:
            of = steps[step]
            found.add(0 if of is None else place - of)
        else:
            later = [other for other, _ in step.next_functions if other is not None and other not in seen]
            stack += later
            seen.update(later)
    return tuple(sorted(found))


def totals(model: nn.Module) -> dict[str, int]:
    """Learned parameters, and the buffers that are saved with them, without batch norm's count of batches."""
    saved = model.state_dict().keys()
    buffers = [b for name, b in model.named_buffers() if b.is_floating_point() and name in saved]
    return {"params": sum(p.numel() for p in model.parameters()), "buffers": sum(b.numel() for b in buffers)}
