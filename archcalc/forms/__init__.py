"""Closed forms: the engine run over polynomials in the knobs that are left free.

terms.py    sums of products of symbols, as dictionaries: +, *, exact division
symbols.py  a free knob, or a function that no polynomial can express, with its bounds
field.py    the symbols of one walk: how each knob is written so that its floors vanish
form.py     the number type that the engine runs over
bounds.py   what a sum of products is at least, and at most
copies.py   a repetition that is as long as a form says: sums over its copies
relation.py a comparison that the free knobs leave open
write.py    the result as a person would write it: text, LaTeX, Python
"""
