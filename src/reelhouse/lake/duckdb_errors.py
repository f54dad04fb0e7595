"""Messages for the errors of DuckDB."""

import re

import duckdb

from reelhouse.errors import printable, shortened
from reelhouse.lake.query_limits import MEMORY_REACHED, LimitError

FILE_ERRORS = (duckdb.IOException, duckdb.InvalidInputException)
"""Errors of reading a file, which are also errors of other kinds."""


def may_be_of_file(error: duckdb.Error) -> bool:
    """Return whether an error that names a file may come from its damage."""
    # DuckDB has no class for the error of a read-ahead beyond the end of a file.
    return isinstance(error, FILE_ERRORS) or type(error) is duckdb.Error


def limit_error(error: duckdb.OutOfMemoryException) -> LimitError:
    """Return the error that names the limit of memory or of temporary files."""
    if "max_temp_directory_size" in str(error):
        return LimitError("the query's temporary files reached their limit", "spill")
    return LimitError(MEMORY_REACHED, "memory")


def in_one_line(error: duckdb.Error) -> str:
    """Return the message of an error without its kind, with the line of the query if not 1."""
    text = str(error)
    message = re.sub(r"^[A-Z][\w -]* Error: ", "", text.split("\n\nLINE")[0])
    line = re.search(r"^LINE (\d+):", text, re.MULTILINE)
    where = f" (line {line[1]})" if line and line[1] != "1" else ""
    return printable(shortened(message)) + where
