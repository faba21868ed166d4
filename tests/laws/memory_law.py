"""What a layer says of memory, against what torch does: views of the input, and tensors kept for the backward pass."""

import torch

BATCH = 2
COPYING = ("pad=same", "table_conv")  # torch knows no such layer: its counterpart pads or stacks a copy of the input


def _storage(tensor):
    return tensor.untyped_storage()._cdata


def run(layer, shapes, training):
    """The storages of the inputs, of the output, and of what torch keeps; on the meta device."""
    kept = []
    with torch.device("meta"):
        module = layer.module(torch, *shapes)
        if isinstance(module, torch.nn.Module):
            module.train(training)
        inputs = [torch.empty(BATCH, *shape, requires_grad=True) for shape in shapes]
        with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda t: t):
            output = module(*inputs)
    return {_storage(i) for i in inputs}, _storage(output), {_storage(tensor) for tensor in kept}


def check_view(layer, shapes):
    """In evaluation the output is in its input's memory, or it is not, as the layer says."""
    inputs, output, _ = run(layer, shapes, training=False)
    assert layer.view == (output in inputs)


def check_keeps(layer, shapes):
    """In training, what the backward pass needs of inputs and output is what the layer says."""
    inputs, output, kept = run(layer, shapes, training=True)
    if any(word in str(layer) for word in COPYING):
        assert (layer.keeps, bool(kept)) == ("inputs", True)
        return
    found = "inputs" if inputs & kept else "output" if output in kept else "nothing"
    assert layer.keeps == found
