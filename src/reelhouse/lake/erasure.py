"""Find and erase the rows of a person in Iceberg tables, by the names of columns."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.table import StaticTable

from reelhouse.lake.forgotten import NUMBER, TEXT
from reelhouse.lake.metadata_files import UnreadableFileError, read_metadata
from reelhouse.lake.rewrite_table import rewrite_table
from reelhouse.lake.table_metadata import (
    LocalFiles,
    current_manifests,
    entries_of,
    manifests_of,
)

RAW_IDS = ("user_id", "raw_user_id", "source_id")
"""Columns whose texts are ids as the source writes them; `source_id` only beside `user_id`."""


class Person(NamedTuple):
    """A user of the source."""

    source_id: str
    """The id in the source, without blanks around it."""
    user_id: int | None
    """The id in the tables; None if no table has it."""
    has_text_ids: bool
    """Whether the ids of the source are texts, which only an equal text matches."""

    @property
    def hashed(self) -> str:
        """Return the text whose keyed hash is stored for the person."""
        return f"{TEXT}{self.source_id}" if self.has_text_ids else f"{NUMBER}{self.user_id}"

    def is_named(self, text: str | None) -> bool:
        """Return whether an id in the source names the person, as in 7, 7.0 or 7e0."""
        if text is None:
            return False
        if text.strip() == self.source_id:
            return True
        return not self.has_text_ids and whole_number(text) == self.user_id


def whole_number(text: str) -> int | None:
    """Return the whole number in an id such as 7, 7.0 or 7e0; None for other ids, such as 7.5."""
    if "_" in text:  # Python reads 4_2 as 42
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def columns_of(names: list[str]) -> list[str]:
    """Return the columns of a table with these ``names`` that may name a user."""
    found = [name for name in ("user_id", "raw_user_id", "malformed_line") if name in names]
    if "user_id" in names and "source_id" in names:
        found.append("source_id")
    if {"side", "id"} <= set(names):
        found += ["side", "id"]
    return found


def rows_of_person(rows: pa.RecordBatch, person: Person, has_lines: bool = True) -> Any:
    """Return for each row whether it names the person.

    Args:
        rows: rows with the columns that ``columns_of`` returns.
        person: the person.
        has_lines: whether a malformed line that contains the id counts.
    """
    named = pa.array([False] * rows.num_rows, pa.bool_())
    for name in RAW_IDS:
        if name in columns_of(rows.schema.names):
            named = pc.or_(named, _in_column(rows[name], person))
    if "side" in columns_of(rows.schema.names):
        has_side = pc.equal(rows["side"], "user")
        named = pc.or_(named, _no_null(pc.and_(has_side, _in_column(rows["id"], person))))
    if has_lines and "malformed_line" in rows.schema.names:
        # Nothing says where in the line the id is.
        found = pc.match_substring(rows["malformed_line"], person.source_id)
        named = pc.or_(named, _no_null(found))
    return named


def _in_column(values: Any, person: Person) -> Any:
    if pa.types.is_integer(values.type):
        if person.user_id is None:
            return pa.array([False] * len(values), pa.bool_())
        return _no_null(pc.equal(values, person.user_id))
    texts = [text for text in pc.unique(values).to_pylist() if person.is_named(text)]
    return pc.is_in(values, pa.array(texts, values.type))


def _no_null(values: Any) -> Any:
    return pc.fill_null(values, False)


def rows_with_person(location: str, person: Person, has_lines: bool = True) -> int:
    """Return how many rows of the current snapshot of a table name a person.

    Args:
        location: a metadata file.
        person: the person.
        has_lines: whether a malformed line that contains the id counts.

    Raises:
        UnreadableFileError: a file of the table is missing or damaged.
    """
    try:
        table = StaticTable.from_metadata(location)
        names = columns_of(table.schema().column_names)
        if not names or table.current_snapshot() is None:
            return 0
        batches = table.scan(selected_fields=tuple(names)).to_arrow_batch_reader()
        counts = (pc.sum(rows_of_person(batch, person, has_lines)).as_py() for batch in batches)
        return sum(count or 0 for count in counts)
    except Exception as error:  # PyIceberg has no common exception for damaged files
        raise UnreadableFileError(location, error) from error


def has_removed_entries(location: str) -> bool:
    """Return whether a table may name a person who has no row in it.

    The manifests of a snapshot may have entries of files that the snapshot has removed, with the
    smallest and the largest value of their columns.
    """
    metadata = read_metadata(location)
    if not columns_of(StaticTable.from_metadata(location).schema().column_names):
        return False
    files = LocalFiles()
    return any(
        entry.status == ManifestEntryStatus.DELETED
        for manifest in current_manifests(metadata)
        for entry in entries_of(manifest, files, has_removed=True)
    )


def rewrite_without(location: str, person: Person, tags: list[str]) -> str:
    """Write the rows of a table that do not name a person, as a table with one snapshot.

    Args:
        location: a metadata file, whose table stays as it is.
        person: the person.
        tags: tags of the new snapshot.

    Returns:
        The metadata file of the new table, which is in the same folder.
    """
    return rewrite_table(
        location, tags, lambda rows: rows.filter(pc.invert(rows_of_person(rows, person)))
    )


def files_with_person(warehouse: Path, tables: list[str], person: Person) -> Iterator[str]:
    """Yield the files that name a person: Parquet files with rows, and manifests with bounds.

    Args:
        warehouse: the folder of the tables' files; all Parquet files in it are read.
        tables: the metadata files of all tables.
        person: the person.
    """
    for folder, _, names in os.walk(warehouse):
        for name in names:
            if name.endswith(".parquet") and _file_has_person(Path(folder, name), person):
                yield f"{folder}/{name}"
    files = LocalFiles()
    for location in tables:
        schema = StaticTable.from_metadata(location).schema()
        fields = {schema.find_field(name).field_id for name in columns_of(schema.column_names)}
        for manifest in manifests_of(read_metadata(location)) if fields else ():
            for entry in entries_of(manifest, files, has_removed=True):
                is_removed = entry.status == ManifestEntryStatus.DELETED
                if is_removed and fields.intersection(entry.data_file.lower_bounds or ()):
                    yield manifest.manifest_path


def _file_has_person(file: Path, person: Person) -> bool:
    try:
        with pq.ParquetFile(file) as parquet:
            names = columns_of(parquet.schema_arrow.names)
            batches = parquet.iter_batches(columns=names) if names else ()
            return any(pc.any(rows_of_person(batch, person)).as_py() for batch in batches)
    except (OSError, ValueError) as error:  # Arrow raises a ValueError for a damaged file
        raise UnreadableFileError(str(file), error) from error
