"""The command that fills tables laid out in files: table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.command import Command, table_names
from archcalc.cli.deliver import deliver_tables, put, tell, writes
from archcalc.core.errors import ArchcalcError
from archcalc.output import FOLDER, FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.layouts.tables import Filled

GIVE = "table takes names or files of tables; 'archcalc table --list' shows the names, and --all means all of them"


@click.command(cls=Command)
@click.argument("tables", nargs=-1, metavar="[TABLE]...", shell_complete=table_names)
@click.option("--list", "listed", is_flag=True, help="Show which tables there are.")
@click.option("--all", "everything", is_flag=True, help="Every table that comes with archcalc.")
@writes(*FORMATS, FOLDER)
def table(tables: Sequence[str], listed: bool, everything: bool, **options: Any) -> None:
    """Tables as on slides, or your own, from files.

    A TABLE is a name that --list shows, or a file ending in .yaml, with columns and rows of figures:
    archcalc table mine.yaml -o slide.tex
    """
    from archcalc.layouts.shipped import layout, names, names_table
    from archcalc.layouts.tables import fill

    if bool(tables) + listed + everything != 1:
        raise ArchcalcError(GIVE)
    if listed:
        return deliver_tables([names_table()], options)
    found = [fill(layout(name)) for name in tables or names()]
    if options["format"] == FOLDER:
        return _write(found, options["output"])
    if options["format"] == "xlsx":
        from archcalc.files import live

        return put({options["output"]: live(found)})
    return deliver_tables([one.table for one in found], options)


def _write(found: Sequence[Filled], path: Path) -> None:
    """Write a folder of tables."""
    from archcalc.files import folder
    from archcalc.output import folder_for, write

    files = folder(found, path)
    folder_for(path)
    for file, data in files.items():
        write(file, data)
    tell(f"{path}: {len(files)} files written")
