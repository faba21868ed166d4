"""Packages that only some of archcalc needs: what to say where one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from archcalc.errors import ArchcalcError


def needed(package: str, what: str, extra: str) -> Any:
    """The package. Raises ArchcalcError where it is not installed."""
    try:
        return import_module(package)
    except ImportError:
        message = f"{what} needs {package}, which is not installed: pip install 'archcalc[{extra}]'"
        raise ArchcalcError(message) from None
