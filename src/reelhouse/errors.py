"""The exception for user errors, and functions that make text safe to print."""

import io
import sys
import unicodedata

_REORDERING = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
_LONGEST = 300
"""Number of characters that are kept of a message of another library."""


class ReelhouseError(Exception):
    """An error that the user can correct. The message states the remedy; no traceback is shown."""

    def __str__(self) -> str:
        """Return the message with escaped control characters, which file names may contain."""
        return "\n".join(map(printable, super().__str__().split("\n")))

    is_message = True
    """Tells dbt_spark_session to print the message without a traceback."""


def shortened(text: str) -> str:
    """Return a text in one line, and only the start of a long text."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def printable(text: str) -> str:
    """Escape characters that break a line, control the terminal, or reorder text."""
    if text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else repr(c)[1:-1] for c in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or (
        unicodedata.category(character) in ("Cf", "Zs")  # such as the joiner within an emoji
        and unicodedata.bidirectional(character) not in _REORDERING
    )


def check_utf8(text: str, name: str, remedy: str) -> None:
    """Refuse a text or path that is not UTF-8, since dbt and Java cannot write it.

    Raises:
        ReelhouseError: the message consists of ``name``, which ends in a verb, and ``remedy``.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ReelhouseError(f"{name} not UTF-8: {printable(text)}; {remedy}") from error


def escape_unwritable() -> None:
    """Make standard output and error escape the characters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
