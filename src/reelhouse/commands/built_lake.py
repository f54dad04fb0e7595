"""Open a lake for commands that need the tables of a complete build."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import chosen_lake
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.session import LakeSession


@contextmanager
def open_built_lake(needed: Iterable[str]) -> Iterator[LakeSession]:
    """Open the lake of the target in REELHOUSE_TARGET.

    Args:
        needed: names of the tables that the caller reads.

    Raises:
        ReelhouseError: a table is missing, or lacks a column because another version of Reelhouse
            built it.
    """
    with LakeSession(chosen_lake()) as session:
        missing = set(needed).difference(session.catalog.names())
        if missing:
            raise ReelhouseError(
                f"the lake at {session.lake} has no {', '.join(sorted(missing))}: run `make build`"
            )
        try:
            yield session
        except QueryError as error:
            if not isinstance(error.__cause__, duckdb.BinderException):
                raise
            raise ReelhouseError(
                f"another version of Reelhouse built the lake at {session.lake}: run `make build`,"
                f" which builds every table again ({error})"
            ) from error
