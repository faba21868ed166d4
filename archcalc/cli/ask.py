"""The command that answers with a figure: ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from textwrap import fill
from typing import Any

import click

from archcalc.address import Address, Atom, Comparison, Term, read
from archcalc.cli.command import Command
from archcalc.cli.deliver import TABLE_FORMAT, TABLE_OUTPUT, deliver_tables
from archcalc.errors import printable
from archcalc.tables.grid import Column, Ratio, Table, people
from archcalc.value import show

WIDE = 100  # characters of a line
LARGE = 1000  # from which on a ratio is rounded to tenths


@click.command(cls=Command)
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--explain", is_flag=True, help="Show where each figure comes from.")
@TABLE_FORMAT
@TABLE_OUTPUT
def ask(addresses: Sequence[str], explain: bool, **options: Any) -> None:
    """A figure, or arithmetic on figures.

    archcalc ask "resnet200@stride_on=3: mult_adds / resnet101: mult_adds"

    An ADDRESS is NETWORK@knob=value: FIGURE of PATH; 'archcalc figures' shows the figures. They are joined by
    + - * / ** and brackets, and compared by <= < >= > ==. The exit status is 0 whether a comparison holds or not.
    """
    from archcalc.figures.sentence import sentence

    found = [one for text in addresses for one in read(text, alone=True)]
    answers = [(str(one), *_cells(one)) for one in found]
    terms = {term[:2]: term for one in found for term in one.terms}
    graphs = {owner: owner.report().graph for _, owner in terms if owner.report}
    counted = sentence([*dict.fromkeys(asked.figure for asked, _ in terms)], graphs.values())
    if options["format_"] or options["output"]:
        columns = tuple(Column(title, title, title == "value") for title in ("asked", "value", "unit", "exactly"))
        return deliver_tables([Table("Answers", columns, tuple(answers), notes=(counted,) * bool(counted))], options)
    lines = [line for term in terms.values() for line in _worked(term)] if explain else []
    lines += [_line(one, explain) for one in found]
    return click.echo(printable("\n".join([*lines, *["", fill(counted, WIDE)] * bool(counted)])))


def _cells(one: Address | Comparison) -> tuple[Any, ...]:
    """Its value, the unit, and what it is exactly, or what was compared."""
    value = one.answer()
    if isinstance(one, Comparison):
        left, right = ("?" if side is None else side for side in (one.left.of(None), one.right.of(None)))
        return _yes(value), "", f"{left} {one.relation} {right}"
    return (Ratio(value), one.unit, str(value)) if isinstance(value, Fraction) else (value, one.unit, "")


def _line(one: Address | Comparison, explain: bool) -> str:
    """ADDRESS = 25,557,032 params; arithmetic that is explained with its numbers in."""
    if isinstance(one, Comparison):
        left, right = _shown(one.left.of(None)), _shown(one.right.of(None))
        return f"{one}: {_yes(one.answer()) or '?'}, {left} {one.relation} {right}"
    steps = [one.written(_number)] if explain and not one.alone else []
    shown = _shown(one.answer())
    return " = ".join([str(one), *steps, f"{shown} {one.unit}".rstrip() if shown != "?" else shown])


def _yes(held: bool | None) -> str | None:
    return None if held is None else "yes" if held else "no"


def _shown(value: Any) -> str:
    """A ratio is rounded to four digits, with the exact one beside it."""
    exact = show(value)
    if isinstance(value, Fraction) and "/" in exact:
        return f"{float(value):{'#,.4g' if abs(value) < LARGE else ',.1f'}} (exactly {exact})"
    return exact if isinstance(value, (bool, Fraction)) else people(value)


def _number(atom: Atom) -> str:
    values = [_shown(term.value(None)) for term in atom.terms]
    return f"({' / '.join(values)})" if len(values) > 1 else values[0] if values else atom.text


def _worked(term: Term) -> Iterator[str]:
    """Where a figure comes from; nothing of what is no sum over layers and no size."""
    from archcalc.derivation.explain import worked

    assert term.owner.report is not None  # each names its network
    yield from worked(term.owner.report(), term.quantity).lines()
