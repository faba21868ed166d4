"""Numbers that record how they were computed, and the notations in which a record is written.

traced.py       the number type, over which the formulas of the engine run, and comparisons that its values leave open
walk.py         the walk of a network over such numbers
copies.py       the copies of a repetition whose length is traced
notation.py     a trace as text, floor((227 + 2*0 - 11)/4) + 1, and as LaTeX
spreadsheet.py  a trace as the formula of a cell: INT((C7+2*H7-E7)/F7)+1
javascript.py   a trace as a program of a page: floor(div(227n + 2n * 0n - 11n, 4n)) + 1n
"""
