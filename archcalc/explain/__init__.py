"""The derivation of a number: the rules of the kinds, run over numbers that record their factors.

layer.py       one layer's figure, (14 x 14 x 48) x (5 x 5 x 16), and its output's size, floor((224 + 2*3 - 7)/2) + 1
derivation.py  the figure of a block or a network: a line for each layer or block, and their sum; as text and as LaTeX
explain.py     what the command explain shows, also of two networks side by side
"""
