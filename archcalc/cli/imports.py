"""The command that makes a spec of a network that exists already: import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.command import Command
from archcalc.cli.deliver import FilePath, put, tell
from archcalc.core.errors import ArchcalcError

if TYPE_CHECKING:
    from archcalc.importers.importing import Found


class SizesType(click.types.StringParamType):
    """Sizes with commas between them."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        words = str(value).replace("x", ",").split(",")
        if not all(word.strip().isdecimal() and int(word) for word in words):
            raise ArchcalcError(f"--input {value}: the sizes of one example, such as 3,224,224")
        return tuple(map(int, words))


@click.command("import", cls=Command)
@click.argument("callable_", metavar="MODULE:CALLABLE")
@click.option("--input", "shape", type=SizesType(), metavar="SIZES", default="3,224,224", show_default=True,
              help="The shape of one example: channels, rows, columns; 128 for a row of tokens.")  # fmt: skip
@click.option("--dtype", type=click.Choice(["float32", "int64"]), default="float32", show_default=True,
              help="Of the input; the numbers of tokens are int64.")  # fmt: skip
@click.option("-o", "--output", type=FilePath(), metavar="FILE", help="Write the spec to a file.")
def import_(callable_: str, shape: tuple[int, ...], dtype: str, **options: Any) -> None:
    """A torch module as a spec.

    Runs the code of MODULE: it is imported, and CALLABLE is called without arguments to give a torch.nn.Module. Then
    the module's forward is followed without data, so it needs no weights and little memory.

    archcalc import torchvision.models:resnet50 -o resnet50.yaml
    """
    from archcalc.importers.importing import import_ as import_network
    from archcalc.importers.torch_graph import made_by, read, source
    from archcalc.network import Network

    module = made_by(callable_)
    title = callable_.partition(":")[2]
    found = import_network(lambda sizes: read(module, sizes, dtype), shape, title, source(callable_))
    network = Network(found.spec)
    put({options["output"]: network.text.encode()})
    tell("\n".join([*_counted(found, network), *found.notes]))


def _counted(found: Found, network: Any) -> list[str]:
    """How the totals of the spec compare with those of the module."""
    totals = network.summary().totals
    lines = [f"{found.layers:,} layers"]
    for name, ours, theirs in (
        ("params", totals.params, found.params),
        ("mult-adds", totals.mult_adds, found.mult_adds),
    ):
        shown = "not known" if ours is None else f"{ours:,}"
        equal = "as torch counts them" if ours == theirs else f"torch counts {theirs:,}" if theirs is not None else ""
        lines.append(f"{name}: {shown}{', ' * bool(equal)}{equal}")
    return lines
