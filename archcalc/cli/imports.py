"""The command that makes a spec of a network that exists already: import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.command import Command
from archcalc.cli.deliver import FilePath, put, tell
from archcalc.core.errors import ArchcalcError, many

if TYPE_CHECKING:
    from archcalc.importers.importing import Found


IMAGE = (3, 224, 224)


class SizesType(click.types.StringParamType):
    """Sizes with commas between them."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        words = str(value).replace("x", ",").split(",")
        if not all(word.strip().isdecimal() and int(word) for word in words):
            raise ArchcalcError(f"--input {value}: the sizes of one example, such as 3,224,224")
        return tuple(map(int, words))


@click.command("import", cls=Command)
@click.argument("network", metavar="MODULE:CALLABLE|FILE")
@click.option("--input", "shape", type=SizesType(), metavar="SIZES",
              help="The shape of one example: channels, rows, columns; 128 for a row of tokens.  [default: 3,224,224, "
              "or what the file says]")  # fmt: skip
@click.option("--dtype", type=click.Choice(["float32", "int64"]), default="float32", show_default=True,
              help="Of a module's input; the numbers of tokens are int64.")  # fmt: skip
@click.option("-o", "--output", type=FilePath(), metavar="FILE", help="Write the spec to a file.")
def import_(network: str, shape: tuple[int, ...] | None, dtype: str, **options: Any) -> None:
    """A torch module, or a file of Keras or ONNX, as a spec.

    With MODULE:CALLABLE it runs the code of MODULE: it is imported, and CALLABLE is called without arguments to give a
    torch.nn.Module. Then the module's forward is followed without data, so it needs no weights and little memory. Of a
    FILE (.keras, the .json of a model of Keras, or .onnx) no code runs.

    archcalc import torchvision.models:resnet50 -o resnet50.yaml
    """
    from archcalc.network import Network
    from archcalc.spec.library import FOREIGN

    found = _file(network, shape) if network.endswith(FOREIGN) else _module(network, shape or IMAGE, dtype)
    imported = Network(found.spec)
    put({options["output"]: imported.text.encode()})
    tell("\n".join([*_counted(found, imported), *found.notes]))


def _file(path: str, shape: tuple[int, ...] | None) -> Found:
    from archcalc.importers.files import of_file

    return of_file(path, shape)


def _module(path: str, shape: tuple[int, ...], dtype: str) -> Found:
    from archcalc.importers.importing import import_ as import_network
    from archcalc.importers.torch.graph import read
    from archcalc.importers.torch.module import made_by, source

    module = made_by(path)
    return import_network(lambda sizes: read(module, sizes, dtype), shape, path.partition(":")[2], source(path))


def _counted(found: Found, network: Any) -> list[str]:
    """How the totals of the spec compare with those of the module."""
    totals = network.summary().totals
    counted = "" if found.params is None else ", as torch counts them"
    lines = [many(found.layers, "layer"), f"params: {_shown(totals.shown('params'))}{counted}"]
    counted = "" if None in (found.mult_adds, totals.mult_adds) else ", as torch counts them"
    return [*lines, f"mult-adds: {_shown(totals.shown('mult_adds'))}{counted}"]


def _shown(figure: Any) -> str:
    from archcalc.output.table import COUNT

    return "not known" if figure is None else COUNT.text(figure)
