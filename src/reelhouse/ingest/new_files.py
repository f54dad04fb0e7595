"""Find out, without Spark, whether files have changed since the last build or update."""

import os
from pathlib import Path

from reelhouse.ingest.data_set import RAW_FILES
from reelhouse.ingest.formats import TABLE
from reelhouse.ingest.sources import find_source
from reelhouse.ingest.versions import versions_of
from reelhouse.lake.catalog import BUILD
from reelhouse.lake.forgotten import read_forgotten
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.session import LakeSession

HELD = f"""
    select role, part.version from (select role, unnest(parts) as part from {RAW_FILES})
"""


def has_new_files(lake: Path) -> bool:
    """Return whether the lake lacks a file, or has one that was changed or removed.

    The variables REELHOUSE_DATA and REELHOUSE_COLUMNS name the data. If it is a table, or if the
    lake does not say which files it has, the result is True.

    Raises:
        ReelhouseError: an error of ``find_source`` or ``read_forgotten``.
    """
    source = find_source(os.environ["REELHOUSE_DATA"], os.environ["REELHOUSE_COLUMNS"])
    if source.files[0].format == TABLE:
        return True
    forgotten = read_forgotten(lake)
    count = len(forgotten.hashes) if forgotten else 0
    files = {
        (file.role, version)
        for file in source.files
        for version in versions_of(file, count).values()
    }
    with LakeSession(lake, catalog=BUILD) as session:
        try:
            rows = session.execute(HELD).fetchall()
        except QueryError:
            return True
    return files != set(rows)
