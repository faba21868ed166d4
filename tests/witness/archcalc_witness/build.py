"""Build a witness and count it, without data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import torch

from archcalc_witness.record import Layer, record
from archcalc_witness.sources import Source


def installed(library: str) -> bool:
    """Whether the library can be imported."""
    try:
        return bool(version(library))
    except PackageNotFoundError:
        return False


def builder(source: Source) -> Callable[..., Any]:
    """What the source names: the last word is looked up in the module that the others name."""
    os.environ.setdefault("KERAS_BACKEND", "torch")  # before Keras is imported
    path, _, name = source.call.rpartition(".")
    with without_compiled_operators():
        module = import_module(f"{__package__ if here(source) else source.library}.{path}")
    found: Callable[..., Any] = getattr(module, name)
    return found


def written(source: Source) -> str:
    """The call that builds it, as it would be typed."""
    given = [*map(repr, source.arguments), *(f"{key}={value!r}" for key, value in source.options.items())]
    return f"{source.call}({', '.join(given)})"


def here(source: Source) -> bool:
    """Whether the builder is in a module of this package."""
    return find_spec(f"{__package__}.{source.call.partition('.')[0]}") is not None


def count(source: Source) -> tuple[dict[str, int], list[Layer]]:
    """The module's totals and layers."""
    if source.library == "keras":
        from archcalc_witness.record_keras import record as record_keras

        if here(source):
            return record_keras(builder(source), device="cpu", **source.options)
        options = {"weights": None, "input_shape": (*source.input[1:], source.input[0]), **source.options}
        return record_keras(builder(source), summary=source.order == "as in the summary", **options)
    build = builder(source)
    with torch.device(source.device):
        module = build(*source.arguments, **source.options).to("meta")
    return record(module, source.input, source.part, source.training, source.order == "as defined")


@contextmanager
def without_compiled_operators() -> Iterator[None]:
    """Let torchvision be imported beside a torch that its compiled operators do not fit.

    On import it registers shapes for them (`torchvision::nms` and others), which fails where they are not loaded. No
    witness uses them.
    """
    register = torch.library.register_fake

    def tolerant(*arguments: Any, **options: Any) -> Any:
        def registered(function: Any) -> Any:
            with suppress(RuntimeError):
                return register(*arguments, **options)(function)
            return function

        return registered

    torch.library.register_fake = tolerant
    try:
        yield
    finally:
        torch.library.register_fake = register
