"""Recognise numbers, also in forms that `stg_ratings` does not read, such as 3,5 or 85 %."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
_OTHER_FORMS = (
    (
        re.compile(r"([-+]?\d{1,3}(?:,\d{3})+)(\.\d+)?"),
        "remove the commas between thousands",
    ),
    (
        re.compile(r"([-+]?\d{1,3}(?:[.' \u2019\u00a0\u202f]\d{3})+)(,\d+)?"),
        "remove the signs between thousands, and write a point for a decimal comma",
    ),
    (re.compile(r"([-+]?\d*)(,\d+)"), "write a point for the decimal comma"),
    (re.compile(r"([-+]?\d+)([.,]\d+)?\s*%"), "remove the percent sign"),
    (re.compile(r"(\d+)([.,]\d+)?\s*/\s*\d+"), "write only the number before the /"),
)
"""Form of a number, with groups for the whole part and the decimals → how to write it instead."""


def is_number(text: str) -> bool:
    """Return whether a text is a number that `stg_ratings` reads."""
    return _NUMBER.fullmatch(text) is not None


def number_of(text: str) -> float | None:
    """Return the number that a text has in any form, or None if it is no number."""
    if is_number(text):
        return float(text)
    for form, _ in _OTHER_FORMS:
        if found := form.fullmatch(text.strip()):
            whole, decimals = (re.sub(r"[^-+\d]", "", part or "") for part in found.groups())
            return float(f"{whole or 0}.{decimals or 0}")
    return None


def how_to_write(texts: Sequence[str]) -> str | None:
    """Return how to write the numbers if most have the same other form; None otherwise."""
    counts = {
        remedy: sum(form.fullmatch(text.strip()) is not None for text in texts)
        for form, remedy in _OTHER_FORMS
    }
    remedy = max(counts, key=lambda each: counts[each])
    return remedy if 2 * counts[remedy] > len(texts) else None
