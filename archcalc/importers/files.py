"""A file of another program as a spec: a model of Keras, as an archive (.keras) or as JSON (model.to_json())."""

from __future__ import annotations

from os.path import basename

from archcalc.core.errors import one_line
from archcalc.core.shape import Shape
from archcalc.importers.importing import Found, import_
from archcalc.importers.keras_file import configuration, read


def of_file(path: str, shape: Shape | None = None) -> Found:
    """The network in a file, for an input of that shape, or of the shape that it states. Raises ArchcalcError."""
    first = read(path, shape)
    config = configuration(path)["config"]
    title = one_line(str(config.get("name", "")))[:100] if isinstance(config, dict) else ""
    return import_(
        lambda sizes: first if sizes == first.shape else read(path, sizes),
        first.shape,
        title or basename(path),
        f"imported from {one_line(basename(path))}",
    )
