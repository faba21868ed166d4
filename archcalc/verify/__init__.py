"""Comparison of the formulas with real torch modules; the only package that imports torch.

Importing it raises an ArchcalcError of one line where torch is missing or too old.
"""

from __future__ import annotations

import re

from archcalc.core.errors import ArchcalcError, needed

OLDEST = (2, 4)  # the first torch whose FlopCounterMode needs no module


def _check() -> None:
    torch = needed("torch", "this", "torch")
    if tuple(map(int, re.findall(r"\d+", torch.__version__)[:2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ArchcalcError(f"torch {torch.__version__} is too old for a verification, which needs {oldest} or newer")


_check()
