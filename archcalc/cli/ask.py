"""The command that answers with a figure: ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import click

from archcalc.address import Address, Atom, Comparison, read
from archcalc.cli.command import Command
from archcalc.cli.deliver import TABLES, deliver_tables
from archcalc.core.errors import ArchcalcError, printable
from archcalc.figures.sentence import sentence
from archcalc.output.table import COUNT, MIXED, ROUNDED, Column, Table, words
from archcalc.tables import unknown_among

COLUMNS = (*words("asked"), Column("value", "value", ROUNDED, MIXED), *words("unit", "exactly"))


@click.command(cls=Command)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--explain", is_flag=True, help="Show where each figure comes from.")
@TABLES
def ask(addresses: Sequence[str], explain: bool, **options: Any) -> None:
    """A figure, or arithmetic on figures.

    archcalc ask "resnet200@stride_on=3: mult_adds / resnet101: mult_adds"

    An ADDRESS is NETWORK@knob=value: FIGURE of PATH; 'archcalc figures' shows the figures. They are joined by
    + - * / ** and brackets, and compared by <= < >= > ==. The exit status is 0 whether a comparison holds or not.
    """
    found = [one for text in addresses for one in read(text, alone=True)]
    rows = [_row(one) for one in found]
    terms = {(term.quantity, term.owner.name): term.owner.report for one in found for term in one.terms}
    reports = {name: report() for (_, name), report in terms.items() if report}
    names = dict.fromkeys(asked.figure for asked, _ in terms)
    counted = sentence([*names], [report.graph for report in reports.values()])
    notes = (*unknown_among((asked, reports[name]) for asked, name in terms), *[counted] * bool(counted))
    if explain:
        from archcalc.explain.explain import worked

        if options["output"] or options["format"] != "table":
            raise ArchcalcError("an explanation is text on the screen; 'archcalc explain' writes other formats")
        parts = [worked(reports[name], asked).lines() for asked, name in terms]
        click.echo(printable("".join(f"{line}\n" for lines in (*parts, _numbers(found)) for line in lines)))
    used = [i for i in range(len(COLUMNS)) if any(row[i] != "" for row in rows)]
    cells = tuple(tuple(row[i] for i in used) for row in rows)
    columns = tuple(COLUMNS[i] for i in used)
    deliver_tables([Table("Answers", columns, cells, notes=notes, name="answers")], options)


def _row(one: Address | Comparison) -> tuple[Any, ...]:
    """The address, its value and unit, and its exact value or the values compared."""
    value = one.answer()
    if isinstance(one, Comparison):
        left, right = (_exactly(side.of(None)) for side in (one.left, one.right))
        return str(one), {True: "yes", False: "no", None: None}[value], "", f"{left} {one.relation} {right}"
    return str(one), value, one.unit, _exactly(value) if isinstance(value, Fraction) else ""


def _exactly(value: Any) -> str:
    return COUNT.text(value) if not isinstance(value, Fraction) else str(value)


def _numbers(found: Sequence[Address | Comparison]) -> Iterator[str]:
    """Each arithmetic expression with its figures replaced by numbers."""
    for one in found:
        for side in (one.left, one.right) if isinstance(one, Comparison) else (one,):
            if not side.alone:
                yield f"{side} = {side.written(_number)}"


def _number(atom: Atom) -> str:
    values = [_exactly(term.value(None)) for term in atom.terms]
    return f"({' / '.join(values)})" if len(values) > 1 else values[0] if values else atom.text
