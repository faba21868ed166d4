"""The command on what lectures print: lectures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archcalc.cli.command import Command
from archcalc.cli.deliver import TABLES, deliver_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    from archcalc.lectures.check import Checked
    from archcalc.lectures.claims import Claim


def printed_tables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a printed table."""
    from archcalc.cli.command import words_of
    from archcalc.lectures.claims import claims

    return words_of(dict.fromkeys(claim.table for claim in claims() if claim.table))(ctx, param, incomplete)


@click.command(cls=Command)
@click.option("--wrong", is_flag=True, help="Only what does not recompute: printed, right, and why.")
@click.option("--table", metavar="TABLE", help="The figures of one printed table.", shell_complete=printed_tables)
@TABLES
def lectures(wrong: bool, table: str | None, **options: Any) -> None:
    """What lectures print, recomputed.

    Every figure about a network in five lecture documents: whether it agrees, by which convention, and what is wrong.
    """
    from archcalc.lectures.claims import claims, in_table
    from archcalc.lectures.tables import summary_tables, table_of, wrong_tables

    found = _checked(claims() if table is None else in_table(table))
    if wrong:
        return deliver_tables(wrong_tables(found), options)
    return deliver_tables([table_of(table, found)] if table else summary_tables(found), options)


def _checked(claims: Sequence[Claim]) -> list[Checked]:
    from archcalc.lectures.check import check
    from archcalc.output.terminal import progress

    with progress(len(claims), "figures") as done:
        return [*check(claims, done)]
