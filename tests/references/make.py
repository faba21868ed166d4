"""Write the tables of this folder anew from the real modules: python make.py [--library timm] [TABLE ...].

Needs torch and the libraries asked for: pip install torchvision timm pytorchcv keras. No weights are loaded and nothing
is run on data. Without names it makes the tables of every library that is installed.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from sources import SOURCES, Source
from table import FOLDER, Line, Table, write

os.environ["KERAS_BACKEND"] = "torch"


def without_compiled_operators() -> None:
    """Let torchvision be imported beside a torch that its compiled operators do not fit.

    On import it registers shapes for them (`torchvision::nms` and others), which fails when they are not loaded. No
    module here uses them.
    """
    register = torch.library.register_fake

    def skip(name: Any, *arguments: Any, **options: Any) -> Any:
        known = not str(name).startswith("torchvision::")
        return register(name, *arguments, **options) if known else lambda function: function

    torch.library.register_fake = skip


def here(source: Source) -> bool:
    """Whether the builder is in a module of this folder."""
    return (FOLDER / source.call.split(".")[0]).with_suffix(".py").exists()


def builder(source: Source) -> Callable[..., Any]:
    """What the source names: the last word is looked up in the module that the others name."""
    path, _, name = source.call.rpartition(".")
    return getattr(importlib.import_module(path if here(source) else f"{source.library}.{path}"), name)


def count(source: Source) -> tuple[dict[str, int], list[Any]]:
    """The module's totals and layers."""
    if source.library == "keras":
        from record_keras import record

        if here(source):
            return record(builder(source), device="cpu", **source.options)
        shape = {"weights": None, "input_shape": (*source.input[1:], source.input[0])}
        return record(builder(source), source.order == "as in the summary", **shape, **source.options)
    from record import record

    with torch.device("meta"):
        module = builder(source)(*source.arguments, **source.options)
    return record(module, source.input, source.part, source.training, source.order == "as defined")


def make(name: str, source: Source) -> Table:
    """One table, with its heading."""
    totals, layers = count(source)
    given = [*map(repr, source.arguments), *(f"{key}={value!r}" for key, value in source.options.items())]
    about = (builder(source).__doc__ or "") if here(source) else ""
    heading = {
        "network": source.network or name,
        "knobs": ", ".join(f"{key}={value}" for key, value in source.knobs.items()),
        "library": f"{source.library} {version(source.library)}",
        "module": f"{source.call}({', '.join(given)})",
        "part": " ".join(source.part),
        "about": about,
        "input": "x".join(map(str, source.input)),
        "order": source.order,
    }
    heading |= {key: f"{value}" for key, value in totals.items()}
    return Table({key: value for key, value in heading.items() if value}, [Line(*layer) for layer in layers])


def installed(library: str) -> bool:
    try:
        return bool(version(library))
    except PackageNotFoundError:
        return False


def main() -> None:
    """Write the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE")
    parser.add_argument("--library", choices=sorted({source.library for source in SOURCES.values()}))
    asked = parser.parse_args()
    without_compiled_operators()
    for name, source in SOURCES.items():
        if asked.library in (None, source.library) and (name in asked.tables or not asked.tables):
            if installed(source.library):
                write(FOLDER / f"{name}.txt", make(name, source))
                print(name, flush=True)
            else:
                print(f"{name}: {source.library} is not installed")


if __name__ == "__main__":
    main()
