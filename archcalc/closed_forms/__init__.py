"""Closed forms: the engine run over polynomials in the knobs that are left free.

terms.py    sums of products of symbols, as dictionaries: +, *, exact division
symbols.py  a free knob, or a function that is no polynomial, with its bounds
field.py    the symbol table of one evaluation: how each knob is written so that floors vanish
form.py     the number type that the engine runs over
bounds.py   lower and upper bounds of a sum of products
copies.py   a block that is repeated as often as a form says: sums over its copies
relation.py a comparison whose result depends on the free knobs
write.py    the result as a person would write it: text, LaTeX, Python
"""
