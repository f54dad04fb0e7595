"""What Spark needs to read a file: its URI, a schema, and expressions for its name and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

LINE = "_line"
"""The column of whole lines, where a reader splits the lines itself."""


def location(path: str) -> str:
    """Return a URI for Spark, which does not decode it but takes brackets for a pattern."""
    return "file:" + re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def file_name() -> Column:
    """Return the name of the file that a row comes from. Spark encodes the name as in a URI."""
    # url_decode would turn `+`, which the path of a URI may contain, into a blank.
    return F.url_decode(F.replace("_metadata.file_name", F.lit("+"), F.lit("%2B")))


def quoted(name: str) -> str:
    """Return the name of a column for Spark's SQL."""
    return "`" + name.replace("`", "``") + "`"


def text_schema(names: Sequence[str]) -> str:
    """Return a schema of columns of text."""
    return ", ".join(f"{quoted(name)} string" for name in names)
