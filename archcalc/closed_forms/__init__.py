"""Closed forms: the engine run over polynomials in the knobs that are left free.

formula.py       a formula with its domain, as lines for people, as LaTeX, as data: where `formula` starts
evaluation.py    what is set and what is left free; a network evaluated over forms, as often as its steps change
symbol_table.py  the symbols of one evaluation: how each free knob is written so that floors vanish
form.py          the number type that the engine runs over
close.py         from evaluations to the parts of a formula, without the restrictions that it does not need
domain.py        for which values of its knobs a form is exact
copies.py        a block that is repeated as often as a form says: sums over its copies
relation.py      a comparison whose result depends on the free knobs
polynomial.py    sums of products of symbols, as dictionaries: +, *, exact division
symbols.py       a free knob, or a function that is no polynomial, with its bounds
quotient.py      one form over another, in lowest terms
smooth.py        how far a form with roundings is from the one without them
write.py         a form as a person would write it: text, LaTeX, Python
sympify.py       a form as a sympy expression
"""
