"""Which ratings a lake holds: one source for all its tables, as its table raw_files says."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.columns import COLUMNS, parse_columns
from reelhouse.ingest.sources import DEFAULT, identity_of
from reelhouse.lake.catalog import NoLakeError
from reelhouse.lake.session import LakeSession
from reelhouse.lake.statements import QueryError

RELEASE = "raw_files"
LANDED = ("users", "movies", "recommendations")
"""Tables that a build makes only when it has accepted the ratings.

A lake that has none of them holds no data set yet. Each may be lost, and is then dropped and built
again, so one table alone does not tell.
"""

TRIALS = "int_tuning_trials"
"""The one table whose rows a build keeps."""


class UnknownError(ReelhouseError):
    """raw_files does not say which ratings the lake holds."""


class Held(NamedTuple):
    """The ratings in the lake, from raw_files."""

    data: str
    mapping: str


def choose(data: str, columns: str, held: Held | None) -> Held:
    """Return the ratings to build: those asked for, else those of the lake, else MovieLens 100k.

    Raises:
        ReelhouseError: the lake holds other ratings, or other columns of the same ratings.
    """
    named = parse_columns(columns)
    mapping = ", ".join(f"{ours}={named[ours]}" for ours in COLUMNS["ratings"] if ours in named)
    if not data:
        if mapping:
            raise ReelhouseError("COLUMNS says which column is which, but not of what: name DATA")
        return held or Held(DEFAULT, "")
    wanted = Held(identity_of(data), mapping)
    if held and wanted.data == held.data and not mapping:
        return held
    if held and wanted != held:
        raise ReelhouseError(
            f"the lake holds {_named(held)}, and a lake has one data set. To build"
            f" {_named(wanted)}, name another lake with REELHOUSE_LAKE=/path/to/lake, or remove"
            " this one first with `make clean`"
        )
    return wanted


def held_in(lake: Path) -> Held | None:
    """Read which ratings the lake at ``lake`` holds; None when nothing was built there.

    Raises:
        UnknownError: tables were built, and raw_files is missing or cannot be read.
    """
    try:
        with LakeSession(lake) as session:
            names = session.catalog.names()
            if not set(LANDED).intersection(names):
                return None
            if RELEASE not in names:
                raise UnknownError(f"it has no table {RELEASE}")
            rows = session.execute(f"select data, mapping from {RELEASE}").fetchall()
    except NoLakeError:
        return None
    except QueryError as error:
        raise UnknownError(f"its table {RELEASE} cannot be read") from error
    return Held(*rows[0]) if rows else None


def unreadable_trials(lake: Path) -> bool:
    """Tell whether the lake has trials of `make tune` whose files are missing."""
    try:
        with LakeSession(lake) as session:
            if TRIALS in session.catalog.names():
                session.execute(f"from {TRIALS}").fetchall()
    except NoLakeError:
        return False
    except QueryError:
        return True
    return False


def _named(held: Held) -> str:
    return f"{held.data} ({held.mapping})" if held.mapping else held.data
