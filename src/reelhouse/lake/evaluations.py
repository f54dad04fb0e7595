"""Which release has computed the metrics that a release shows.

An update publishes a release whose tables of metrics are those of the release before. Iceberg gives
each version of a table a number, which tells whether two releases have the same version.
"""

from contextlib import suppress
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import connected
from reelhouse.lake.metadata_files import read_metadata

METRICS = "model_comparison"
"""Table that every evaluation writes."""


def evaluating_release(lake: Path, number: int) -> int | None:
    """Return the first kept release that has the same metrics as a release.

    Returns:
        The release itself if it was evaluated; None if it has no metrics that can be read.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    versions = _versions(lake)
    version = versions.get(number)
    same = [other for other, of_other in versions.items() if of_other == version]
    return min(same) if version is not None else None


def _versions(lake: Path) -> dict[int, int]:
    """Return the number of the snapshot of the metrics in each release."""
    with connected(lake) as database:
        rows = database.execute(
            "select release_number, metadata_location from releases join iceberg_tables"
            " on catalog_name = 'r' || release_number where table_name = ?",
            (METRICS,),
        ).fetchall()
    versions = {}
    for number, location in rows:
        with suppress(ReelhouseError):
            versions[number] = read_metadata(location)["current-snapshot-id"]
    return versions
