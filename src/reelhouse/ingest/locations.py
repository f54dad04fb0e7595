"""Where the rows of a source are: paths for Spark, and the file and the split of a row."""

from __future__ import annotations

import re
from pathlib import Path

from pyspark.sql import Column
from pyspark.sql import functions as F

from reelhouse.ingest.formats import SourceFile


def locations(file: SourceFile) -> list[str]:
    """Return the URIs of a file, or of the files of its splits."""
    paths = [str(Path(file.path, name)) for name in file.splits] or [file.path]
    return [location(path) for path in paths]


def location(path: str) -> str:
    """Return a URI for Spark, which does not decode it but takes brackets for a pattern."""
    return "file:" + re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def file_name() -> Column:
    """Return the name of the file that a row comes from."""
    return _from_uri("_metadata.file_name")


def _from_uri(name: Column | str) -> Column:
    """Decode a part of a path, which Spark encodes as in a URI."""
    # url_decode would turn `+`, which the path of a URI may contain, into a blank.
    return F.url_decode(F.replace(name, F.lit("+"), F.lit("%2B")))


def given_split(file: SourceFile) -> dict[str, Column]:
    """Return the columns ``split`` and ``fold``, if the names of files or folders give them."""
    folder = F.element_at(F.split("_metadata.file_path", "/"), -2)
    names = [F.concat_ws("/", _from_uri(folder), file_name()), file_name()]
    columns = {}
    for place, ours in enumerate(("split", "fold") if file.splits else ()):
        pairs = ((each, split[place]) for each, split in file.splits.items())
        values = F.create_map(*(F.lit(value) for pair in pairs for value in pair))
        columns[ours] = F.coalesce(*(values[name] for name in names))
    return columns
