"""Input sizes that follow from swept knobs, such as 96 rows from rho = 3/7."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from archcalc.address import Address, address
from archcalc.language.compiler import Compiler
from archcalc.language.spec import SHAPE_WORDS, Spec, names_used
from archcalc.language.syntax import syntax_tree
from archcalc.language.terms import Definition, Expression
from archcalc.sweeps.ranges import Axis, size


def input_sizes(spec: Spec, axes: Mapping[str, Axis]) -> dict[str, Address]:
    """Each input size that depends on a swept knob and is not itself a knob; of equal expressions the first."""
    swept = {name for name, axis in axes.items() if size(axis) > 1}
    found: dict[str, Address] = {}
    for word, written in zip(SHAPE_WORDS, _written(spec), strict=False):
        if written.text not in spec.given and swept & names_used(spec._replace(input=written, layers=())):
            found.setdefault(written.text, address(f"{word} of input"))
    return {str(quantity): quantity for quantity in found.values()}


def _written(spec: Spec) -> list[Expression]:
    """The expression of each input size."""
    text, place = spec.input.text, spec.input.place
    functions = {name: let for name, let in spec.part.lets.items() if isinstance(let, Definition)}
    compiler, tree = Compiler(text, functions, place), syntax_tree(text, place)
    return [compiler.expression(node) for node in (tree.elts if isinstance(tree, (ast.List, ast.Tuple)) else [tree])]
