"""Where the rows of a source are: paths for Spark, and the file and the split of a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from reelhouse.ingest.formats import SourceFile
from reelhouse.ingest.parts import files_of, part_name


def locations(file: SourceFile) -> list[str]:
    """Return the URIs of a file, of the files of its splits, or of some of its parts."""
    if file.parts is not None:
        files = files_of(file)
        chosen = [path for path in files if part_name(file, path) in file.parts]
        if len(chosen) < len(files):
            return [location(str(path)) for path in chosen]
    paths = [str(Path(file.path, name)) for name in file.splits] or [file.path]
    return [location(path) for path in paths]


def base_path(file: SourceFile) -> dict[str, str]:
    """Return the option of Spark that names the folder whose inner folders give columns."""
    is_partitioned = Path(file.path).is_dir() and not file.splits
    return {"basePath": f"file:{file.path}"} if is_partitioned else {}


def with_versions(rows: DataFrame, versions: Mapping[str, str], column: str) -> DataFrame:
    """Return rows of files with versions in a column that has the URIs of the files.

    ``versions``: path of a file → its version.
    """
    paths = [urlsplit(uri).path for uri in rows.inputFiles()]
    # Spark writes the URI of a local file with one slash or with three.
    pairs = [
        (f"{start}{path}", versions.get(unquote(path)))
        for path in paths
        for start in ("file:", "file://")
    ]
    known = rows.sparkSession.createDataFrame(pairs, "uri string, version string")
    joined = rows.join(F.broadcast(known), F.col(column) == known["uri"], "left")
    return joined.drop(column, "uri").withColumnRenamed("version", column)


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
