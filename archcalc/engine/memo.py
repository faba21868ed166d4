"""A cache for results that depend on a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def remembered(answers: dict[Any, T], key: Any, ask: Callable[[], T]) -> T:
    """The cached answer for a key, or a new one; arrays and traced numbers have no hash, so they are never cached."""
    try:
        if (known := answers.get(key)) is not None:
            return known
    except TypeError:
        return ask()
    answer = answers[key] = ask()
    return answer
