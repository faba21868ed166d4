"""Tables of one's own, each a short file of columns and rows.

layout.py   the file as data: headings, rows of words, texts of cells
cells.py    the text of a cell, with its words and figures filled in
tables.py   a layout as a table
shipped.py  the tables that come with archcalc
"""
