"""What a layer says of memory, against what torch does: views of the input, and tensors kept for the backward pass."""

BATCH = 2
COPYING = (
    "pad=same",
    "table_conv",
    "windows=",
)  # torch knows no such layer: its counterpart pads or stacks a copy of the input


def _storages(tensors):
    return {tensor.untyped_storage()._cdata for tensor in tensors}


def run(layer, shapes, training):
    """The inputs, the output, and the tensors that torch keeps; on the meta device."""
    import torch

    kept = []
    with torch.device("meta"):
        module = layer.module(torch, *shapes)
        if isinstance(module, torch.nn.Module):
            module.train(training)
        inputs = [torch.empty(BATCH, *shape, requires_grad=True) for shape in shapes]
        with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda t: t):
            output = module(*inputs)
    return inputs, output, kept


def check_view(layer, shapes):
    """In evaluation the output is in its input's memory, or it is not, as the layer says."""
    inputs, output, _ = run(layer, shapes, training=False)
    assert layer.view == bool(_storages([output]) & _storages(inputs))


def check_keeps(layer, shapes):
    """In training, what the backward pass needs of inputs and output is what the layer says."""
    inputs, output, kept = run(layer, shapes, training=True)
    if any(word in str(layer) for word in COPYING):
        assert layer.saved_for_backward in ("inputs", "unknown")
        assert kept
        return
    kept = _storages(kept)
    if layer.saved_for_backward == "unknown":  # because there is more than inputs and output
        assert kept - _storages([*inputs, output])
        return
    found = "inputs" if _storages(inputs) & kept else "output" if _storages([output]) & kept else "nothing"
    assert layer.saved_for_backward == found


def check_marks(layer, shapes):
    """The bytes of the positions that torch keeps. (Of dropout's, a byte each is kept on a GPU only.)"""
    _, output, kept = run(layer, shapes, training=True)
    positions = sum(tensor.nbytes for tensor in kept if not tensor.is_floating_point())
    assert layer.mask_bytes(tuple(output.shape[1:])) * BATCH == positions
