"""A row for each release: its data, its code, and its algorithms with their metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reelhouse.lake.parameters import text_literal
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.releases import Release
from reelhouse.lake.session import LakeSession
from reelhouse.project import built_protocols

COLUMNS = {
    "release": "VARCHAR",
    "published_at": "VARCHAR",
    "copy_of": "VARCHAR",
    "code": "VARCHAR",
    "data": "VARCHAR",
    "ratings": "BIGINT",
    "ranking": "VARCHAR",
    "ndcg_at_10": "DOUBLE",
    "rating": "VARCHAR",
    "rmse": "DOUBLE",
    "evaluation": "VARCHAR",
    "seconds": "BIGINT",
}
"""Column of the list of releases → its type."""


def release_row(
    session: LakeSession, release: Release, releases: list[Release], evaluating: Mapping[int, int]
) -> tuple[Any, ...]:
    """Return the values of COLUMNS for a release; None where the release lacks a table.

    Args:
        session: a session of the lake.
        release: the release.
        releases: all releases of the lake.
        evaluating: the result of ``evaluating_releases``.
    """
    catalog = release.catalog
    (ranking, _, ndcg), (rating, _, rmse) = (
        served_algorithm(session, catalog, use) for use in ("ranking", "rating")
    )
    fingerprint = f"select any_value(fingerprint) from {catalog}.raw_files where role = 'ratings'"
    return (
        catalog,
        release.published_at,
        f"r{release.copy_of}" if release.copy_of else None,
        _code(release, releases),
        _scalar(session, fingerprint),
        _scalar(session, f"select count(*) from {catalog}.interactions"),
        ranking,
        ndcg,
        rating,
        rmse,
        f"r{evaluating[release.number]}" if release.number in evaluating else None,
        _seconds(release),
    )


def served_algorithm(
    session: LakeSession, catalog: str, use: str
) -> tuple[str | None, str | None, float | None]:
    """Return the algorithm that serves a use, its parameters, and its metric on the test rows."""
    metric = "rmse" if use == "rating" else "ndcg_at_10"
    protocol = text_literal(built_protocols()[0])
    found = _rows(
        session,
        f"select s.algorithm, s.parameters, m.{metric} from {catalog}.served_algorithms s"
        f" left join {catalog}.model_comparison m"
        f" on m.algorithm = s.algorithm and m.protocol = {protocol} where s.use = '{use}'",
    )
    return found[0] if found else (None, None, None)


def _code(release: Release, releases: list[Release]) -> str | None:
    """Return the commit that built the tables of a release."""
    for each in releases:
        if each.number == release.copy_of:
            return _code(each, releases)
    return release.code_version


def _seconds(release: Release) -> int | None:
    """Return the seconds from the start of the command to the release."""
    if release.started_at is None:
        return None
    started, published = map(datetime.fromisoformat, (release.started_at, release.published_at))
    return round((published - started).total_seconds())


def _scalar(session: LakeSession, query: str) -> Any:
    rows = _rows(session, query)
    return rows[0][0] if rows else None


def _rows(session: LakeSession, query: str) -> list[Any]:
    """Return the rows of a query; none if the release lacks a table or column."""
    try:
        return session.execute(query).fetchall()
    except QueryError:
        return []
