"""The data set of a lake: which one its raw_files table names, and which one to build."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.columns import columns_text, parse_columns
from reelhouse.ingest.sources import DEFAULT, identity_of
from reelhouse.lake.catalog import BUILD, NoLakeError
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.session import LakeSession

RAW_FILES = "raw_files"
TABLES_OF_A_BUILD = ("users", "movies", "recommendations")
"""Tables that a build makes only after it has accepted the ratings.

A lake without any of them has no data set yet. One table is not enough as a sign, since a table
whose files were lost is dropped and built again.
"""


class UnknownDataSetError(ReelhouseError):
    """The lake has tables, and raw_files does not name their data set."""


class DataSet(NamedTuple):
    """Ratings and the mapping of their columns, as in a row of raw_files."""

    data: str
    """A MovieLens release, an absolute path, or ``table:`` or ``model:`` and a name."""
    mapping: str
    """Columns that the user has named, as in ``user_id=a, rating=b``; empty if none."""

    def __str__(self) -> str:
        """Return the data and, in brackets, the columns that the user has named."""
        return f"{self.data} ({self.mapping})" if self.mapping else self.data


def choose_data_set(data: str, columns: str, current: DataSet | None) -> DataSet:
    """Return the data set to build: ``data`` if named, else that of the lake, else MovieLens 100k.

    Args:
        data: DATA, as ``find_source`` takes it; empty if the user names none.
        columns: COLUMNS, as ``parse_columns`` takes it.
        current: the data set of the lake.

    Raises:
        ReelhouseError: the lake has another data set, or other columns of the same ratings.
    """
    mapping = columns_text(parse_columns(columns))
    if not data:
        if mapping:
            raise ReelhouseError("COLUMNS names the columns of DATA: set DATA too")
        return current or DataSet(DEFAULT, "")
    chosen = DataSet(identity_of(data), mapping)
    if current and chosen.data == current.data and not mapping:
        return current
    if current and chosen != current:
        raise ReelhouseError(
            f"the lake holds {current}, and a lake has one data set. To build {chosen}, name"
            " another lake with REELHOUSE_LAKE=/path/to/lake, or remove this one first with"
            " `make clean`"
        )
    return chosen


def data_set_of_lake(lake: Path) -> DataSet | None:
    """Return the data set of the lake in a folder; None if nothing was built there.

    Raises:
        UnknownDataSetError: the lake has tables, but raw_files is missing or unreadable.
    """
    try:
        with LakeSession(lake, catalog=BUILD) as session:
            names = session.catalog.names()
            if not set(TABLES_OF_A_BUILD).intersection(names):
                return None
            if RAW_FILES not in names:
                raise UnknownDataSetError(f"it has no table {RAW_FILES}")
            rows = session.execute(f"select data, mapping from {RAW_FILES}").fetchall()
    except NoLakeError:
        return None
    except QueryError as error:
        raise UnknownDataSetError(f"its table {RAW_FILES} cannot be read") from error
    return DataSet(*rows[0]) if rows else None
