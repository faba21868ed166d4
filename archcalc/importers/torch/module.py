"""A torch module as torch sees it: built by its author's code, exported as a graph, and counted by torch's own counter.

All of it happens on the meta device: nothing is computed, no weights are needed. The graph is exported with BATCH
examples, a prime number larger than any size of a network, so an axis whose size it divides is the batch.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from importlib import import_module
from typing import Any
from warnings import catch_warnings, simplefilter

from archcalc.core.errors import ArchcalcError, needed
from archcalc.core.shape import Shape, describe

BATCH = 10_007


def source(title: str) -> str:
    """Where an imported network comes from, for its heading."""
    return f"imported from {title} by torch {needed('torch', 'an import of a torch module', 'torch').__version__}"


def made_by(path: str) -> Any:
    """The module that MODULE:CALLABLE gives, without data. This runs the code of its author. Raises ArchcalcError."""
    torch = needed("torch", "an import of a torch module", "torch")
    place, colon, name = path.partition(":")
    if not (place and colon and name):
        raise ArchcalcError(f"{path!r} does not name a module; write torchvision.models:resnet50, MODULE:CALLABLE")
    sys.path.insert(0, os.getcwd())  # where the user's own files are
    try:
        make = getattr(import_module(place), name)
        return make if isinstance(make, torch.nn.Module) else _without_data(torch, make)
    except ArchcalcError as error:
        raise ArchcalcError(f"{path}: {error}") from None
    except Exception as error:
        raise ArchcalcError(f"{path}: {type(error).__name__}: {_first_line(error)}") from None
    finally:
        sys.path.remove(os.getcwd())


def _without_data(torch: Any, make: Any) -> Any:
    """A module that is built without memory for its weights, if its author's code allows that."""
    with catch_warnings():
        simplefilter("ignore")
        try:
            with torch.device("meta"):
                made = make()
        except (NotImplementedError, RuntimeError):  # it computes initial values
            made = make()
    if not isinstance(made, torch.nn.Module):
        raise ArchcalcError(f"it gives {type(made).__name__}, which is no torch module")
    return made


@contextmanager
def evaluated(torch: Any, module: Any) -> Iterator[Any]:
    """A copy of the module without data, as it is used after training."""
    tensors = [*module.parameters(), *module.buffers()]
    without = {id(tensor): _on_meta(torch, tensor) for tensor in tensors}
    level = logging.root.manager.disable
    logging.disable(logging.ERROR)  # torch reports there what it raises, too
    try:
        with catch_warnings():
            simplefilter("ignore")
            yield deepcopy(module, without).eval()
    except RecursionError:
        raise ArchcalcError("the module is nested too deep to be read") from None
    finally:
        logging.disable(level)


def _on_meta(torch: Any, tensor: Any) -> Any:
    made = torch.empty_like(tensor, device="meta")
    return torch.nn.Parameter(made, tensor.requires_grad) if isinstance(tensor, torch.nn.Parameter) else made


def exported(torch: Any, module: Any, shape: Shape, dtype: str) -> Any:
    data = torch.empty(BATCH, *shape, dtype=getattr(torch, dtype), device="meta")
    try:
        return torch.export.export(module, (data,), strict=False)
    except Exception as error:
        name, first = type(error).__name__, _first_line(error)
        if "DataDependent" in name or "data-dependent" in str(error):
            why = "what it does depends on the numbers in its input, so there is no one graph of it"
        else:
            why = f"its forward fails for an input of {describe(shape)} ({name}: {first})"
        raise ArchcalcError(f"{type(module).__name__} cannot be read: {why}") from None


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")


def counted(torch: Any, module: Any, shape: Shape, dtype: str) -> int | None:
    """Half of what torch's own counter finds in one example; None where it fails."""
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with FlopCounterMode(display=False) as counter:
            module(torch.empty(1, *shape, dtype=getattr(torch, dtype), device="meta"))
    except Exception:  # the counter hooks into autograd, which some modules do not allow
        return None
    return int(counter.get_total_flops()) // 2
