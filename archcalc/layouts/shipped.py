"""The tables that come with archcalc, and how a table is found by its name or its file."""

from __future__ import annotations

from os.path import basename, join

from archcalc.core.errors import ArchcalcError, Source, many, one_line, suggest
from archcalc.layouts.layout import Layout, parse
from archcalc.output.table import Table, words
from archcalc.spec.library import files, home, is_file, read, stem

NO_TABLE = "; 'archcalc table --list' shows them all, and a file's name ends in .yaml"


def names() -> dict[str, str]:
    """Every table that comes with archcalc -> its file."""
    return {stem(path): path for path in files(join(home(), "lectures", "tables"))}


def layout(reference: str) -> Layout:
    """The layout by that name, or in that file. Raises ArchcalcError."""
    if is_file(reference):
        return parse(Source(reference, read(reference)), one_line(stem(reference)))
    known = names()
    if reference not in known:
        raise ArchcalcError(f"no table {reference!r}{suggest(reference, known) or NO_TABLE}")
    return parse(Source(basename(known[reference]), read(known[reference])), reference)


def names_table() -> Table:
    """The name, the title and the source of each."""
    rows = tuple((one.name, one.title, one.source) for one in map(layout, names()))
    return Table(many(len(rows), "table"), words("name", "title", "source"), rows, name="tables")
