"""A file of another program as a spec: of Keras, an archive (.keras) or JSON (model.to_json()), or of ONNX (.onnx)."""

from __future__ import annotations

from collections.abc import Callable
from os.path import basename
from typing import TypeAlias

from archcalc.core.errors import one_line
from archcalc.core.shape import Shape
from archcalc.importers.importing import Found, import_
from archcalc.importers.keras_file import configuration, read
from archcalc.importers.operation import Imported

ONNX = ".onnx"
LONGEST = 100  # characters of a title
Reading: TypeAlias = "Callable[[Shape | None], Imported]"
Naming: TypeAlias = Callable[[], str]  # the title, once the file has been read


def of_file(path: str, shape: Shape | None = None) -> Found:
    """The network in a file, for an input of that shape, or of the shape that it states. Raises ArchcalcError."""
    named, read = (_onnx if path.endswith(ONNX) else _keras)(path)
    first = read(shape)
    return import_(
        lambda sizes: first if sizes == first.shape else read(sizes),
        first.shape,
        named()[:LONGEST] or one_line(basename(path)),
        f"imported from {one_line(basename(path))}",
    )


def _keras(path: str) -> tuple[Naming, Reading]:
    def name() -> str:
        config = configuration(path)["config"]
        return one_line(str(config.get("name", ""))) if isinstance(config, dict) else ""

    return name, lambda shape: read(path, shape)


def _onnx(path: str) -> tuple[Naming, Reading]:
    from archcalc.importers.onnx_file import load
    from archcalc.importers.onnx_graph import read as read_graph

    model = load(path)
    return lambda: one_line(basename(path).removesuffix(ONNX)), lambda shape: read_graph(path, model, shape)
