"""The exception whose message people read, and text that is safe to write."""

import io
import sys
import unicodedata

_REORDERING = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])


class ReelhouseError(Exception):
    """What went wrong and what to do about it, in a sentence or two; shown without a traceback."""

    def __str__(self) -> str:
        """Return the message with control characters escaped: it may have names from files."""
        return "\n".join(map(printable, super().__str__().split("\n")))

    is_message = True
    """For dbt_spark_session too."""


def printable(text: str) -> str:
    """Escape what would break a line, steer the terminal, or reorder the text beside it."""
    if text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else repr(c)[1:-1] for c in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or (
        unicodedata.category(character) in ("Cf", "Zs")  # such as the joiner within an emoji
        and unicodedata.bidirectional(character) not in _REORDERING
    )


def check_utf8(text: str, name: str, remedy: str) -> None:
    """Refuse a text or path that is not UTF-8, since dbt and Java cannot write it down.

    Raises:
        ReelhouseError: ``name`` (with its verb), the bytes that are not UTF-8, and the remedy.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ReelhouseError(f"{name} not UTF-8: {printable(text)}; {remedy}") from error


def escape_unwritable() -> None:
    """Let both output streams escape the characters of a title that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
