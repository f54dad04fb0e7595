"""Differences between two releases, which DuckDB computes from their tables."""

from typing import Any

from reelhouse.lake.catalog import NAMESPACE, read_catalog
from reelhouse.lake.cluster import Lake
from reelhouse.lake.session import LakeSession
from reelhouse.project import primary_keys

COLUMNS = {
    "table": "VARCHAR",
    "rows_before": "BIGINT",
    "rows": "BIGINT",
    "added": "BIGINT",
    "removed": "BIGINT",
    "changed": "BIGINT",
}
"""Column of ``table_changes`` → its type."""
METRIC_COLUMNS = {
    "protocol": "VARCHAR",
    "algorithm": "VARCHAR",
    "metric": "VARCHAR",
    "before": "DOUBLE",
    "after": "DOUBLE",
    "difference": "DOUBLE",
}
"""Column of ``metric_changes`` → its type."""
EVALUATED = {"recommendations", "served_algorithms", "model_comparison"}
"""Tables that the comparison of lists and metrics reads."""
_INTERNAL = ("raw_", "stg_", "int_")
"""Prefixes of tables that only other models read."""


def table_changes(session: LakeSession, before: str, after: str) -> list[tuple[Any, ...]]:
    """Return the values of COLUMNS for each table with a primary key.

    Rows with the same key are changed if another column differs. Columns that only one of the
    releases has are not compared.

    Args:
        session: a session on the lake.
        before: a release, such as ``r11``.
        after: a later release.
    """
    locations = {
        release: {
            table: location
            for (namespace, table), location in read_catalog(session.lake, release).tables.items()
            if namespace == NAMESPACE and not table.startswith(_INTERNAL)
        }
        for release in (before, after)
    }
    changes = []
    for table, keys in sorted(primary_keys().items()):
        if table in locations[before] and table in locations[after]:
            changes.append((table, *_counts(session, before, after, table, keys)))
        elif table in locations[before]:
            rows = session.scalar(f"select count(*) from {before}.{table}")
            changes.append((table, rows, None, 0, rows, 0))
        elif table in locations[after]:
            rows = session.scalar(f"select count(*) from {after}.{table}")
            changes.append((table, None, rows, rows, 0, 0))
    return changes


def _counts(session: LakeSession, before: str, after: str, table: str, keys: list[str]) -> Any:
    columns = [_columns(session, f"{release}.{table}") for release in (before, after)]
    others = [name for name in columns[0] if name in columns[1] and name not in keys]
    key_list = ", ".join(f'"{key}"' for key in keys)
    values = ", ".join(f'"{name}"' for name in others) or "true"
    old, new = (
        f"(select {key_list}, true as is_present, hash({values}) as other from {release}.{table})"
        for release in (before, after)
    )
    return session.execute(
        "select count(old.is_present), count(new.is_present),"
        " count(*) filter (where old.is_present is null),"
        " count(*) filter (where new.is_present is null),"
        " count(*) filter (where old.other <> new.other)"
        f" from {old} as old full join {new} as new using ({key_list})"
    ).fetchall()[0]


def _columns(session: LakeSession, table: str) -> list[str]:
    rows = session.execute(f"select column_name from (describe {table})").fetchall()
    return [name for (name,) in rows]


def metric_changes(session: LakeSession, before: str, after: str) -> list[tuple[Any, ...]] | None:
    """Return the values of METRIC_COLUMNS for the algorithms that serve in one of the releases.

    The result is None if a release has no lists (``has_lists``).
    """
    if not (has_lists(session.lake, before) and has_lists(session.lake, after)):
        return None
    metrics = " union all ".join(
        f"select protocol, algorithm, '{metric}' as metric, old.{metric} as before,"
        f" new.{metric} as after from {before}.model_comparison as old"
        f" full join {after}.model_comparison as new using (protocol, algorithm)"
        for metric in ("rmse", "ndcg_at_10")
    )
    return session.execute(
        "select *, after - before as difference"
        f" from ({metrics}) as metrics semi join (select algorithm from {before}.served_algorithms"
        f" union select algorithm from {after}.served_algorithms) as served using (algorithm)"
        " where coalesce(before, after) is not null order by protocol, metric, algorithm"
    ).fetchall()


def has_lists(lake: Lake, release: str) -> bool:
    """Return whether a release has recommendations and their evaluation.

    A release may have other tables only if it was adopted from a lake whose build was stopped.
    """
    return set(read_catalog(lake, release).names()) >= EVALUATED


def listed_movies(session: LakeSession, before: str, after: str) -> tuple[int, int]:
    """Return how many recommended movies are new in the list of their user, and how many in all."""
    new, total = session.execute(
        "select count(*) filter (where old.user_id is null), count(*)"
        f" from {after}.recommendations as new left join {before}.recommendations as old"
        " on old.user_id = new.user_id and old.movie_id = new.movie_id"
    ).fetchall()[0]
    return new, total
