"""`reelhouse history`: the releases of the lake, or one release and its changes."""

from datetime import datetime
from typing import Any

from reelhouse.commands.release_changes import COLUMNS as CHANGE_COLUMNS
from reelhouse.commands.release_changes import (
    METRIC_COLUMNS,
    has_lists,
    listed_movies,
    metric_changes,
    table_changes,
)
from reelhouse.errors import printable
from reelhouse.lake.catalog import lake_folder
from reelhouse.lake.evaluations import evaluating_release
from reelhouse.lake.releases import Release, existing_releases, find_release
from reelhouse.lake.result_formats import ListedRows, print_rows
from reelhouse.lake.session import LakeSession, text_literal
from reelhouse.lake.statements import QueryError
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


def history(release: str, format: str) -> None:
    """Print the releases, or the changes of one release.

    Args:
        release: a release, as in ``12``; empty for a list of all releases.
        format: ``table``, ``csv`` or ``json``.

    Raises:
        ReelhouseError: there is no lake, no release, or not this release.
    """
    lake = lake_folder()
    releases = existing_releases(lake)
    chosen = find_release(lake, release) if release else None
    with LakeSession(lake) as session:
        if chosen is None:
            rows = [_row(session, each, releases) for each in releases]
            print_rows(ListedRows(COLUMNS, rows), format)
            return
        before = next((each for each in releases if each.number == chosen.previous), None)
        if format == "table":
            _print_release(session, chosen, releases, before)
        if before is not None:
            rows = table_changes(session, before.catalog, chosen.catalog)
            print_rows(ListedRows(CHANGE_COLUMNS, rows), format)
        if before is not None and format == "table" and has_lists(lake, before.catalog):
            _print_metrics(session, before.catalog, chosen.catalog)


def _row(session: LakeSession, release: Release, releases: list[Release]) -> tuple[Any, ...]:
    """Return the values of COLUMNS for a release; None where the release lacks a table."""
    catalog = release.catalog
    (ranking, _, ndcg), (rating, _, rmse) = (
        _served(session, catalog, use) for use in ("ranking", "rating")
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
        _evaluation(session, release),
        _seconds(release),
    )


def _served(
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


def _evaluation(session: LakeSession, release: Release) -> str | None:
    """Return the release that has computed the metrics of a release."""
    number = evaluating_release(session.lake, release.number)
    return f"r{number}" if number else None


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


def _print_release(
    session: LakeSession, release: Release, releases: list[Release], before: Release | None
) -> None:
    """Print the code, the data and the algorithms of a release."""
    row = dict(zip(COLUMNS, _row(session, release, releases), strict=True))
    seconds = f" after {row['seconds']:,} s" if row["seconds"] is not None else ""
    copy = f", a copy of {row['copy_of']}" if row["copy_of"] else ""
    print(f"release    {release.catalog}, published at {release.published_at}{seconds}{copy}")
    print(f"code       {printable(row['code'] or 'unknown')}")
    ratings = "unknown" if row["ratings"] is None else f"{row['ratings']:,}"
    print(f"data       {ratings} ratings, fingerprint {row['data'] or 'unknown'}")
    for use, metric in (("ranking", "NDCG@10"), ("rating", "RMSE")):
        algorithm, parameters, value = _served(session, release.catalog, use)
        if algorithm is not None:
            figure = "not computed" if value is None else f"{value:.4f}"
            print(f"{use:<11}{algorithm} {parameters or '{}'}, {metric} {figure}")
    if row["evaluation"] not in (None, release.catalog):
        print(f"evaluation {row['evaluation']}, since {release.catalog} is an update or a copy")
    if release.previous is None:
        print("changes    none, since this is the first release")
    elif before is None:
        print(f"changes    unknown, since r{release.previous} is not kept any more")
    else:
        print(f"\nchanges since {before.catalog}:\n")


def _print_metrics(session: LakeSession, before: str, after: str) -> None:
    print("\nmetrics on the test rows:\n")
    print_rows(ListedRows(METRIC_COLUMNS, metric_changes(session, before, after)), "table")
    new, total = listed_movies(session, before, after)
    share = f" ({new / total:.1%})" if total else ""
    print(
        f"\nrecommendations: {new:,} of {total:,} listed movies{share} were not in the list of the"
        f" same user in {before}"
    )
