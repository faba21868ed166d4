"""The derivation of a number: the rules of the kinds, run over numbers that record their factors.

factor.py  the factors of a number, read from its trace
layer.py   the derivation of one layer's figure: (14 x 14 x 48) x (5 x 5 x 16)
size.py    the derivation of an output's size: floor((224 + 2*3 - 7)/2) + 1
lines.py   the derivation of a figure of a block or a network: a line for each layer or block, and their sum
write.py   a derivation as text and as LaTeX
"""
