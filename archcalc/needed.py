"""Packages that only some of archcalc needs: what to say where one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from archcalc.errors import ArchcalcError


def needed(package: str, what: str, extra: str) -> Any:
    """The package. Raises ArchcalcError where it is not installed, or does not load."""
    try:
        return import_module(package)
    except (ImportError, OSError) as error:
        state = "which is not installed"
        if getattr(error, "name", None) != package:  # a library that the package needs, say
            state = f"which is installed but does not load ({str(error).partition(chr(10))[0]})"
        raise ArchcalcError(f"{what} needs {package}, {state}: pip install 'archcalc[{extra}]'") from None
