"""The exception whose message people read, and text that is safe for a terminal."""

import unicodedata


class ReelhouseError(Exception):
    """What went wrong and what to do about it, in a sentence or two; shown without a traceback."""

    def __str__(self) -> str:
        """Return the message with control characters escaped: it may have names from files."""
        return "\n".join(map(printable, super().__str__().split("\n")))

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
