"""What to write instead of a character that an encoding, or LaTeX, does not have: the most like it in ASCII."""

from __future__ import annotations

import codecs
from unicodedata import combining, normalize

LIKE = {  # where no accent comes off
    **dict.fromkeys("─‐‑–—−", "-"),  # noqa: RUF001
    **dict.fromkeys("‘’′", "'"),  # noqa: RUF001
    **dict.fromkeys("“”„″", '"'),
    **dict(zip("×·→≤≥…²³", ("x", "*", "->", "<=", ">=", "...", "^2", "^3"), strict=True)),  # noqa: RUF001
    **dict(zip("ßæÆœŒøØłŁ", ("ss", "ae", "AE", "oe", "OE", "o", "O", "l", "L"), strict=True)),
}


def like(character: str) -> str:
    """In ASCII: the letter without its accent, what looks or reads the same, or '?'; nothing of an accent alone."""
    base = normalize("NFD", character)[0]
    return "" if combining(base) else base if base.isascii() else LIKE.get(base, "?")


def encoded(text: str, encoding: str) -> bytes:
    """The text in an encoding that need not have all of its characters."""
    return text.encode(encoding, "archcalc.like")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(like, error.object[error.start : error.end])), error.end


codecs.register_error("archcalc.like", _replaced)
