"""A network as people draw it: blocks as nested boxes, branches side by side, skips as arcs, copies as one box.

blocks.py   the blocks of a graph by the names of its layers, copies folded into one
drawing.py  what is drawn: boxes with their texts and shades, and the edges between them
letters.py  how wide text is, and where a line ends
rows.py     where the boxes of one block stand
ways.py     the ways of the edges between them
cells.py    how large each box is, from the inside to the outside
columns.py  the whole drawing in columns that fill a page
page.py     the whole drawing on a page, with its title and legend
shade.py    the colours
svg.py      a drawing as SVG
tex.py      a drawing as a TikZ picture
plot.py     a drawing as PDF or PNG
mmd.py      the boxes and edges alone, for Mermaid
dot.py      the boxes and edges alone, for Graphviz
"""

FORMATS = ("svg", "pdf", "png", "tex", "mmd", "dot")
DIRECTIONS = ("down", "right")
FITS = {"a4": (17.0, 24.0), "slide": (15.0, 7.5)}  # centimetres of a page that a drawing has for itself
FEW = 64  # boxes; the levels that have no more are drawn where no depth is asked for
