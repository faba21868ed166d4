"""``python -m archcalc``: the command line, where its script is not on the path."""

from archcalc.cli import main

main(prog_name="archcalc")
