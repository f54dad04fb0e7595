"""Parts of a source of ratings and their versions, by which an update finds what is new.

A part is a file, named by its path below the folder of the source, or a range of the snapshots of
an Iceberg table. Its version is a hash of its content and of everything else that its raw rows
depend on. Equal versions therefore have equal rows, and an update reads only the parts whose
versions ``raw_ratings`` does not have.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from reelhouse.ingest.column_names import column_names
from reelhouse.ingest.formats import MODEL, TABLE, TEXT, SourceFile
from reelhouse.ingest.parts import files_of, part_name
from reelhouse.ingest.text_files import is_utf8

FILE_VERSION = "file_version"
"""Column of ``raw_ratings`` with the version of the part that a row comes from."""
_RANGE = ".."
"""Stands between the snapshots of a part: ``12..34`` are the rows added after 12 up to 34, and
``..34`` all rows of 34."""
_WHOLE = ""
"""The only part of a source without files and snapshots."""


def versions_of(
    file: SourceFile,
    forgotten: int,
    *,
    spark: SparkSession | None = None,
    earlier: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the parts of a source of ratings, and the version of each.

    Args:
        file: the ratings.
        forgotten: number of people whom the lake has forgotten, whose rows are emptied.
        spark: the session, which only a table needs.
        earlier: the parts and versions of the last build; None to read everything again.

    Raises:
        OSError: a file cannot be read.
    """
    if file.format == MODEL:
        return {_WHOLE: uuid.uuid4().hex}
    if file.format == TABLE:
        assert spark is not None
        return _versions_of_table(spark, file, forgotten, earlier or {})
    files = files_of(file)
    layout = _layout(file, forgotten)
    if file.format == TEXT:
        # The names of the columns come from the first file, and the encoding from all files.
        layout += [column_names(file, files[0]), all(map(is_utf8, files))]
    return {part_name(file, path): _version_of_file(file, path, layout) for path in files}


def without_old_rows(file: SourceFile, table: str, spark: SparkSession) -> SourceFile:
    """Delete the rows of ``raw_ratings`` that are not in the source any more.

    Return the ratings with only the parts that the table does not have. The table itself says which
    versions it has, so that an update continues where an earlier one was stopped.

    Args:
        file: the ratings, with parts.
        table: the name of the table ``raw_ratings`` of the last build.
        spark: the session.
    """
    rows = spark.table(table).select(FILE_VERSION).distinct().collect()
    old, new = differences({row[FILE_VERSION] for row in rows}, file.parts or {})
    if old:
        texts = "', '".join(sorted(version for version in old if version))
        spark.sql(
            f"delete from {table} where {FILE_VERSION} is null or {FILE_VERSION} in ('{texts}')"
        )
    return file._replace(parts=new)


def differences(
    held: Set[str | None], versions: Mapping[str, str]
) -> tuple[set[str | None], dict[str, str]]:
    """Return the versions to delete, and the parts to read.

    Args:
        held: versions that ``raw_ratings`` has; None for rows of which the version is unknown.
        versions: the parts of the source, and the version of each.
    """
    new = {part: version for part, version in versions.items() if version not in held}
    return set(held) - set(versions.values()), new


def rows_of_part(spark: SparkSession, table: str, part: str) -> DataFrame:
    """Return the rows of a part of an Iceberg table, or all rows of another table."""
    after, _, until = part.partition(_RANGE)
    if after:
        options = {"start-snapshot-id": after, "end-snapshot-id": until}
        return spark.read.options(**options).table(table)
    return (
        spark.sql(f"select * from {table} version as of {until}") if until else spark.table(table)
    )


def _layout(file: SourceFile, forgotten: int) -> list[object]:
    """Return what the rows of every part depend on beside its content."""
    names = [file.format, file.separator, dict(file.columns), file.has_header]
    return [*names, file.has_line_breaks, forgotten]


def _version_of_file(file: SourceFile, path: Path, layout: Sequence[object]) -> str:
    name = part_name(file, path)
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return _hash(*layout, name, file.splits.get(name), digest)


def _hash(*values: object) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def _versions_of_table(
    spark: SparkSession, file: SourceFile, forgotten: int, earlier: Mapping[str, str]
) -> dict[str, str]:
    """Return the ranges of snapshots of an Iceberg table; for other tables, all rows are new.

    If rows were only appended since the last range of ``earlier``, its ranges stay, and the new
    rows are one more range.
    """
    current, parents = _snapshots(spark, file.path)
    if current is None:
        return {_WHOLE: uuid.uuid4().hex}
    layout = _layout(file, forgotten)
    whole = f"{_RANGE}{current}"
    kept = {part: _hash(*layout, part) for part in earlier}
    if not kept or kept != earlier:
        return {whole: _hash(*layout, whole)}
    last = int(list(kept)[-1].rpartition(_RANGE)[2])
    snapshot: int | None = current
    while snapshot != last:
        if snapshot not in parents:  # not an append, or expired
            return {whole: _hash(*layout, whole)}
        snapshot = parents[snapshot]
    if last == current:
        return kept
    added = f"{last}{_RANGE}{current}"
    return {**kept, added: _hash(*layout, added)}


def _snapshots(spark: SparkSession, table: str) -> tuple[int | None, dict[int, int | None]]:
    """Return the current snapshot, and the parent of each snapshot that only appended rows.

    The current snapshot is None if the table is empty or not an Iceberg table.
    """
    try:
        refs = spark.table(f"{table}.refs").where("name = 'main'").select("snapshot_id").collect()
        rows = spark.table(f"{table}.snapshots").where("operation = 'append'").collect()
    except AnalysisException:
        return None, {}
    parents = {row["snapshot_id"]: row["parent_id"] for row in rows}
    return (refs[0]["snapshot_id"] if refs else None), parents
