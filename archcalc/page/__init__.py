"""Networks as a page with sliders, whose arithmetic is the engine's own, written as JavaScript.

program.py     what the page computes for one structure of a network
structures.py  the structures that a network has at the values of its knobs
control.py     the slider or the choice of a knob
mathematics.py the closed form of a network, as MathML
picture.py     the drawing of a network
html.py        the page: what was computed, with page.html, page.css, core.js and page.js, which are written by hand
"""
