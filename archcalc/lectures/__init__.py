"""The figures that five lecture documents print, each recomputed and compared.

claims.py  what is printed, where, and by which address it is recomputed: the rows of specs/lectures
check.py   the exact figures, and the verdict on each claim
tables.py  the verdicts as tables
"""
