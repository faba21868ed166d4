"""Agrees with torch: the same layer, built there on the meta device, is the witness."""

from math import prod

from laws.common import figures, fits

BATCH = 2


def run(layer, shapes, device="meta"):
    """The module, its output's shape and the multiply-adds torch counts, for one example; None without a module.

    FlopCounterMode counts a multiplication and an addition for each use of a weight of a convolution or linear layer.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    torch.set_num_threads(1)  # the tensors are small
    with torch.device(device):
        module = layer.module(torch, *shapes)
        if module is None:
            return None
        if isinstance(module, torch.nn.Module):
            module.eval()
        with FlopCounterMode(display=False) as counter:
            output = module(*(torch.empty(BATCH, *shape) for shape in shapes))
    assert output.shape[0] == BATCH * layer.times()
    assert counter.get_total_flops() % (2 * BATCH) == 0
    return module, tuple(output.shape[1:]), counter.get_total_flops() // (2 * BATCH)


def check_torch(layer, shapes):
    """Output shape; name and shape of each learned tensor and buffer; multiply-adds; parameters."""
    witness = run(layer, shapes)
    if witness is None:
        assert layer.weights(*shapes) is None, "only what cannot be counted has no counterpart"
        return
    module, output, mult_adds = witness
    weights, buffers = {}, {}
    if hasattr(module, "named_parameters"):
        weights = {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
        buffers = {name: tuple(tensor.shape) for name, tensor in module.named_buffers()}
        buffers = {name: shape for name, shape in buffers.items() if "num_batches_tracked" not in name}
    assert layer.shape(*shapes) == output
    assert layer.weights(*shapes) == weights
    assert layer.buffers(*shapes) == buffers
    products = layer.work(shapes, output).get("activation_products", 0)
    assert layer.products(shapes, output) + products == mult_adds
    count = sum(map(prod, weights.values()))
    assert figures(layer, shapes)["params"] == count


def accepts(layer, shapes):
    """Whether torch builds the layer and gives an output; on the processor, for the meta device lets some slip."""
    try:
        _, output, _ = run(layer, shapes, "cpu")
    except (RuntimeError, ValueError):
        return False
    return 0 not in output


def check_same_verdict(layer, shapes):
    """What torch accepts fits and agrees; what torch refuses does not fit."""
    assert fits(layer, shapes) == accepts(layer, shapes), f"{layer} on {shapes}: torch says {accepts(layer, shapes)}"
    if fits(layer, shapes):
        check_torch(layer, shapes)
