"""Write the tables of this folder anew from the real modules: python make.py [--library timm] [TABLE ...].

Which modules, and how they are built and counted: tests/witness. Needs torch and the libraries asked for:
pip install torchvision timm pytorchcv keras. No weights are loaded and nothing is run on data. Without names it makes
the tables of every library that is installed.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version

from archcalc_witness.build import builder, count, here, installed, written
from archcalc_witness.sources import SOURCES, Source
from table import FOLDER, Line, Table, write


def make(name: str, source: Source) -> Table:
    """One table, with its heading."""
    totals, layers = count(source)
    about = (builder(source).__doc__ or "") if here(source) else ""
    heading = {
        "network": source.network or name,
        "knobs": ", ".join(f"{key}={value}" for key, value in source.knobs.items()),
        "library": f"{source.library} {version(source.library)}",
        "module": written(source),
        "part": " ".join(source.part),
        "about": about,
        "input": "x".join(map(str, source.input)),
        "order": source.order,
    }
    heading |= {key: f"{value}" for key, value in totals.items()}
    return Table({key: value for key, value in heading.items() if value}, [Line(*layer) for layer in layers])


def main() -> None:
    """Write the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE")
    parser.add_argument("--library", choices=sorted({source.library for source in SOURCES.values()}))
    asked = parser.parse_args()
    for name, source in SOURCES.items():
        if asked.library in (None, source.library) and (name in asked.tables or not asked.tables):
            if installed(source.library):
                write(FOLDER / f"{name}.txt", make(name, source))
                print(name, flush=True)
            else:
                print(f"{name}: {source.library} is not installed")


if __name__ == "__main__":
    main()
