"""``python -m archcalc``: the command line, where its script is not on the path."""

from archcalc.cli import main

if __name__ == "__main__":
    main(prog_name="archcalc")
