"""How a number came about: the kinds' own rules run over numbers that remember their factors.

factor.py  the number type
layer.py   the derivation of one layer's figure: (14 x 14 x 48) x (5 x 5 x 16)
size.py    the derivation of an output's size: floor((224 + 2*3 - 7)/2) + 1
lines.py   the derivation of a block's or a network's figure: a line for each layer or block, and their sum
write.py   as text and as LaTeX
"""
