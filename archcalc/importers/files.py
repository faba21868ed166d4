"""A file of another program as a spec: of Keras, an archive (.keras) or JSON (model.to_json()), or of ONNX (.onnx)."""

from __future__ import annotations

from collections.abc import Callable
from os.path import basename
from typing import TypeAlias

from archcalc.core.errors import one_line
from archcalc.core.shape import Shape
from archcalc.importers.importing import Found, import_
from archcalc.importers.keras.file import configuration, read
from archcalc.importers.keras.graph import shown
from archcalc.importers.operation import Imported

ONNX = ".onnx"
Reading: TypeAlias = "Callable[[Shape | None], Imported]"


def of_file(path: str, shape: Shape | None = None) -> Found:
    """The network in a file, for an input of that shape, or of the shape that it states. Raises ArchcalcError."""
    title, read = _onnx(path) if path.endswith(ONNX) else _keras(path)
    first = read(shape)
    return import_(
        lambda sizes: first if sizes == first.shape else read(sizes),
        first.shape,
        title or one_line(basename(path)),
        f"imported from {one_line(basename(path))}",
    )


def _keras(path: str) -> tuple[str, Reading]:
    model = configuration(path)
    name = model["config"].get("name", "") if isinstance(model["config"], dict) else ""
    return shown(str(name)), lambda shape: read(path, model, shape)


def _onnx(path: str) -> tuple[str, Reading]:
    from archcalc.importers.onnx.file import load
    from archcalc.importers.onnx.graph import read as read_graph

    model = load(path)
    return one_line(basename(path).removesuffix(ONNX))[:100], lambda shape: read_graph(path, model, shape)
