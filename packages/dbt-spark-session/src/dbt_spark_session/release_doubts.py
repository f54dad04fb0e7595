"""The outcome of a publication whose connection to the database was lost."""

from __future__ import annotations

import time
from contextlib import suppress

from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.database import database_of
from dbt_spark_session.java_catalog import JavaCatalog
from dbt_spark_session.release_tables import Release, releases_of

_PAUSES = (0.0, 1.0, 4.0)
"""Seconds before each attempt to connect again."""
_LONGEST = "60s"
"""How long PostgreSQL waits for the end of the first transaction."""


def was_committed(catalog: JavaCatalog, release: Release, published: str) -> bool:
    """Return whether a transaction has published a release, after it has ended with an error.

    PostgreSQL may still be working on the transaction. It makes a second transaction that inserts
    the same key wait until the first one has ended.

    Args:
        catalog: the catalog that dbt writes to.
        release: the release whose publication ended with an error.
        published: name of the catalog that readers use.

    Raises:
        DbtRuntimeError: The database does not answer.
    """
    last: Exception | None = None
    for pause in _PAUSES:
        time.sleep(pause)
        try:
            return _is_published(catalog, release, published)
        except Exception as error:  # the driver has many classes of exceptions
            last = error
    raise DbtRuntimeError(
        f"it is unknown whether release {release.number} was published, since the database of the"
        " catalog does not answer any more: when it answers again, run dbt build, which publishes"
        " the tables if they are not published yet"
    ) from last


def _is_published(catalog: JavaCatalog, release: Release, published: str) -> bool:
    with database_of(catalog) as database, suppress(_EndedError), database.transaction():
        if not database.is_sqlite:
            database.execute(f"set local lock_timeout = '{_LONGEST}'")
        database.execute("insert into releases_in_progress values (?)", release.number)
        raise _EndedError
    with database_of(catalog) as database:
        return release in releases_of(database, published)


class _EndedError(Exception):
    """Rolls the second transaction back."""
