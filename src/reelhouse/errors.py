"""What is said to the person at the terminal: the one exception for it, and safe text."""

import unicodedata


class ReelhouseError(Exception):
    """What went wrong and what to do about it, in a sentence or two; shown without a traceback."""

    is_message = True
    """For dbt_spark_session too."""


def printable(text: str) -> str:
    """Escape what would break a line, or steer the terminal."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or unicodedata.category(c) in ("Cf", "Zs") else repr(c)[1:-1]
        for c in text
    )
