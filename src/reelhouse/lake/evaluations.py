"""Which release has computed the metrics that a release shows.

An update publishes a release whose tables of metrics are those of the release before. Iceberg gives
each version of a table a number, which tells whether two releases have the same version.
"""

from contextlib import suppress

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import NAMESPACE
from reelhouse.lake.cluster import Lake
from reelhouse.lake.databases import catalog_database
from reelhouse.lake.metadata_files import read_metadata

METRICS = "model_comparison"
"""Table that every evaluation writes."""


def evaluating_releases(lake: Lake) -> dict[int, int]:
    """Return, for each release, the first kept release that has the same metrics.

    Returns:
        The number of a release → itself if it was evaluated, or an earlier one. Releases without
        metrics that can be read are left out.

    Raises:
        ReelhouseError: the catalog cannot be read.
    """
    versions = _versions(lake)
    first: dict[int, int] = {}
    for number, version in versions.items():
        first.setdefault(version, number)
    return {number: first[version] for number, version in versions.items()}


def _versions(lake: Lake) -> dict[int, int]:
    """Return the number of the snapshot of the metrics in each release, the oldest first."""
    with catalog_database(lake) as database:
        if database is None or not database.has_table("releases"):
            return {}
        rows = database.rows(
            "select release_number, metadata_location from releases join iceberg_tables"
            " on catalog_name = 'r' || release_number"
            " where table_namespace = ? and table_name = ? order by release_number",
            NAMESPACE,
            METRICS,
        )
    versions = {}
    for number, location in rows:
        with suppress(ReelhouseError):
            versions[number] = read_metadata(location).get("current-snapshot-id")
    return {number: version for number, version in versions.items() if version is not None}
