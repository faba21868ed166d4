"""Run a torch module without data and note each layer with weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

Layer = tuple[tuple[int, ...], int, int]  # output without the batch axis, learned parameters, multiply-adds
Counted = tuple[dict[str, int], list[Layer]]  # totals of the module; its layers

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def mult_adds(layer: nn.Module, x: torch.Tensor, y: torch.Tensor) -> int:
    """From the weight and the positions it is used at, one example."""
    if isinstance(layer, nn.Linear):
        return int(layer.weight.numel()) * (y[0].numel() // y.shape[-1])
    return int(layer.weight.numel()) * (x if isinstance(layer, TRANSPOSED) else y)[0, 0].numel()


def record(
    model: nn.Module, shape: tuple[int, ...], part: tuple[str, ...] = (), training: bool = False, defined: bool = False
) -> Counted:
    """Every convolution and linear layer of a module on the meta device, and the module's totals.

    `part` names the submodules that are counted, if not all. `training` runs what the module itself adds in training
    (auxiliary heads); its parts stay in evaluation. The layers come in the order in which they run, or (`defined`) in
    which the module defines them.
    """
    model.eval().training = training
    ran: list[tuple[nn.Module, Layer]] = []

    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        params = 0 if layer in dict(ran) else sum(p.numel() for p in layer.parameters())
        ran.append((layer, (tuple(output.shape[1:]), params, mult_adds(layer, inputs[0], output))))

    for layer in model.modules():
        if isinstance(layer, (*CONVS, *TRANSPOSED, nn.Linear)):
            layer.register_forward_hook(hook)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, *shape, device="meta"))
    total = sum(work for _, (_, _, work) in ran)
    assert 2 * total == counter.get_total_flops(), (total, counter.get_total_flops() / 2)
    counted = nn.ModuleList(model.get_submodule(name) for name in part) if part else model
    places = {layer: place for place, layer in enumerate(counted.modules())}
    ordered = sorted(ran, key=lambda item: places.get(item[0], 0)) if defined else ran
    return totals(counted), [line for layer, line in ordered if layer in places]


def totals(model: nn.Module) -> dict[str, int]:
    """Learned parameters and buffers, without batch norm's count of batches."""
    buffers = [b for b in model.buffers() if b.is_floating_point()]
    return {"params": sum(p.numel() for p in model.parameters()), "buffers": sum(b.numel() for b in buffers)}
