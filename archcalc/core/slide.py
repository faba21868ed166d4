"""A layer as a slide writes it, "conv 11x11, 96, /4", from the arguments that its kind declares."""

from __future__ import annotations

from typing import Any

from archcalc.core.layer import TYPES, Kind, Parameter, word
from archcalc.core.value import show

UNNAMED = ("kernel", "size", "out", "output", "factor", "rate", "slope")  # values that stand without a name
UNSAID = ("bias",)  # slides leave it out


def on_slide(layer: Kind, axes: int) -> str:
    """The layer in words and sizes; ``axes`` are those of its input beside the channels. Only what is unusual is said.

    The window comes first, "/4" is its stride, "no affine" is a false argument.
    """
    said = [(parameter, _value(layer, parameter)) for parameter in layer.parameters if parameter.name not in UNSAID]
    parts = [_part(parameter, value, axes) for parameter, value in said if _is_said(parameter, value)]
    windows = [text for text, is_window in parts if is_window]
    rest = [text for text, is_window in parts if not is_window]
    return f"{layer.label.replace('_', ' ')} {', '.join([*windows, *rest])}".rstrip()


def _value(layer: Kind, parameter: Parameter) -> Any:
    """An argument; without one of its own, a pooling window's stride is its kernel."""
    value = getattr(layer, parameter.name)
    return getattr(layer, "kernel", None) if value is None and parameter.name == "stride" else value


def _is_said(parameter: Parameter, value: Any) -> bool:
    return parameter.required or word(value) != word(parameter.default)


def _part(parameter: Parameter, value: Any, axes: int) -> tuple[str, bool]:
    """The text of an argument, and whether it is a window."""
    name = parameter.name.replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}", False
    if parameter.type is TYPES["Table"]:
        return f"{name} {len(value)}x{len(value[0])}", False
    window = name in UNNAMED and parameter.type.per_axis
    sizes = value if isinstance(value, tuple) else (value,) * (axes if window else 1)
    text = "x".join(size if isinstance(size, str) else show(size) for size in sizes)
    return f"/{text}" if name == "stride" else text if name in UNNAMED else f"{name} {text}", window
