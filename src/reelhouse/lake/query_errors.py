"""Errors of queries."""

from reelhouse.errors import ReelhouseError, printable


class QueryError(ReelhouseError):
    """A query is refused or fails."""


class DamageError(QueryError):
    """A query fails because a file of the lake is missing or damaged."""


class AbandonedError(ReelhouseError):
    """A query was stopped, since nobody waits for its rows any more."""


def check_text(text: str, name: str) -> None:
    """Refuse a text that DuckDB cannot take.

    Raises:
        QueryError: the text, which the message calls ``name``, has NUL or is not UTF-8.
    """
    if "\0" in text:
        raise QueryError(f"{name} has a NUL character: remove it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QueryError(f"{name} is not UTF-8: remove {printable(text[error.start])}") from error
