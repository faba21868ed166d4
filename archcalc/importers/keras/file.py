"""A file of Keras -> operations, from the JSON of its configuration alone: no code runs, Keras is not needed.

The file may come from a stranger. Of an archive only config.json is read, and only if it is small.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any

from archcalc.core.errors import ArchcalcError
from archcalc.core.shape import Shape, describe
from archcalc.importers.keras.graph import calls, input_sizes, shown, sizes
from archcalc.importers.keras.layers import value_of
from archcalc.importers.keras.model import MISTAKES, Axes, Reader, as_written, channel_first
from archcalc.importers.operation import Imported

LARGEST = 8 << 20  # bytes of config.json, or of the names in an archive
DIGITS = 18  # of a whole number


def configuration(path: str) -> dict[str, Any]:
    """What a .keras archive or a file of JSON says of the model. Raises ArchcalcError."""
    try:
        found = json.loads(_text(path), parse_int=_whole, parse_constant=_whole)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError):
        raise ArchcalcError(f"{path}: not an archive of Keras 3 with a config.json in it that can be read") from None
    except OSError as error:
        raise ArchcalcError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError):
        raise ArchcalcError(f"{path}: its configuration is not JSON that can be read") from None
    except RuntimeError:
        raise ArchcalcError(f"{path}: its config.json is encrypted") from None
    if not isinstance(found, dict) or not isinstance(found.get("config"), (dict, list)) or "class_name" not in found:
        raise ArchcalcError(f"{path}: its configuration is not that of a model of Keras")
    return found


def _whole(digits: str) -> int:
    """A whole number. Raises ValueError for one of too many digits, and for Infinity and NaN, which are not JSON."""
    if len(digits) > DIGITS:
        raise ValueError
    return int(digits)


class _Small(io.FileIO):
    """A file that is not read in large pieces: an archive with endless names is refused before they are read."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST + 1:
            raise zipfile.BadZipFile
        return super().read(size) or b""


def _text(path: str) -> bytes:
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            return _small(path, file.read(LARGEST + 1))
    with _Small(path) as whole, zipfile.ZipFile(whole) as archive, archive.open("config.json") as member:
        return _small(path, member.read(LARGEST + 1))


def _small(path: str, data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise ArchcalcError(f"{path}: its configuration is larger than {LARGEST >> 20} MiB")
    return data


def read(path: str, model: dict[str, Any], shape: Shape | None = None) -> Imported:
    """The operations of a model, for the input that its file states, or for this one. Raises ArchcalcError."""
    try:
        return _imported(model, input_sizes(model, calls(model)), shape)
    except ArchcalcError as error:
        raise ArchcalcError(f"{path}: {error}") from None
    except (*MISTAKES, MemoryError) as error:
        raise ArchcalcError(f"{path}: its configuration is not as Keras writes it ({shown(str(error))})") from None


def _imported(model: dict[str, Any], stated: list[Any], shape: Shape | None) -> Imported:
    """The model in the usual way to place the axes of its input, or in that in which fewer are moved later."""
    readers: list[Reader] = []
    for axes in _ways(stated, shape):
        own = tuple(shape[axis] for axis in axes) if shape else sizes(stated)
        placed = tuple(own[axes.index(axis)] for axis in range(len(axes)))
        reader = Reader(placed, axes, [*own] == stated, value_of)
        if not reader.model(model, [reader.input], ()):
            raise ArchcalcError("the model has no output")
        readers.append(reader)
        if not reader.moves:
            break
    best = min(readers, key=lambda reader: reader.moves)
    return Imported(tuple(best.operations), best.input.shape, tuple(dict.fromkeys(best.unknown)), best.unused)


def _ways(stated: list[Any], shape: Shape | None) -> list[Axes]:
    """The ways to place the axes of the input, the usual one first: a map's channels, or tokens as they are.

    Raises ArchcalcError.
    """
    count = len(stated)
    if None in stated and shape is None:
        how = "3,224,224 gives it, channels first" if count > 2 else "128 gives it, one size for each axis"
        raise ArchcalcError(f"the size of the model's input is open; --input {how}")
    first, as_they_are = channel_first(count), as_written(count)
    ways = [*dict.fromkeys((first, as_they_are) if count > 2 else (as_they_are, first))]
    found = [axes for axes in ways if shape is None or _fits(stated, shape, axes)]
    if not found:
        wanted = (stated[ways[0].index(axis)] for axis in range(count))
        shown_ = " x ".join("any" if size is None else str(size) for size in wanted)
        raise ArchcalcError(f"the model takes an input of {shown_}, not {describe(shape or ())}")
    return found


def _fits(stated: list[Any], shape: Shape, axes: Axes) -> bool:
    """Whether the file states these sizes or leaves them open; where it states all, a map's positions may be others."""
    free = range(1, len(shape)) if len(shape) > 2 and None not in stated else ()
    return len(shape) == len(stated) and all(
        size in (None, shape[axis]) or axis in free for size, axis in zip(stated, axes, strict=True)
    )
