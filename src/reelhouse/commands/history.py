"""`reelhouse history`: the releases of the lake, or one release and its changes."""

import sys

from reelhouse.errors import printable
from reelhouse.lake.catalog import chosen_lake
from reelhouse.lake.evaluations import evaluating_releases
from reelhouse.lake.release_changes import COLUMNS as CHANGE_COLUMNS
from reelhouse.lake.release_changes import (
    METRIC_COLUMNS,
    listed_movies,
    metric_changes,
    table_changes,
)
from reelhouse.lake.release_rows import COLUMNS, release_row, served_algorithm
from reelhouse.lake.releases import Release, existing_releases, find_release, previous_release
from reelhouse.lake.result_formats import ListedRows, print_rows
from reelhouse.lake.session import LakeSession


def history(release: str, format: str) -> None:
    """Print the releases, or the changes of one release.

    Args:
        release: a release, as in ``12``; empty for a list of all releases.
        format: ``table``, ``csv`` or ``json``.

    Raises:
        ReelhouseError: there is no lake, no release, or not this release.
    """
    lake = chosen_lake()
    releases = existing_releases(lake)
    chosen = find_release(lake, release) if release else None
    with LakeSession(lake) as session:
        if chosen is None:
            evaluating = evaluating_releases(lake)
            rows = [release_row(session, each, releases, evaluating) for each in releases]
            print_rows(ListedRows(COLUMNS, rows), format)
            if session.damage:
                print(f"note: values are missing, since {session.damage}", file=sys.stderr)
            return
        before = previous_release(releases, chosen)
        if format == "table":
            _print_release(session, chosen, releases, before)
        if before is not None:
            rows = table_changes(session, before.catalog, chosen.catalog)
            print_rows(ListedRows(CHANGE_COLUMNS, rows), format)
        if before is not None and format == "table":
            _print_metrics(session, before.catalog, chosen.catalog)


def _print_release(
    session: LakeSession, release: Release, releases: list[Release], before: Release | None
) -> None:
    """Print the code, the data and the algorithms of a release."""
    values = release_row(session, release, releases, evaluating_releases(session.lake))
    row = dict(zip(COLUMNS, values, strict=True))
    seconds = f" after {row['seconds']:,} s" if row["seconds"] is not None else ""
    copy = f", a copy of {row['copy_of']}" if row["copy_of"] else ""
    print(f"release    {release.catalog}, published at {release.published_at}{seconds}{copy}")
    print(f"code       {printable(row['code'] or 'unknown')}")
    ratings = "unknown" if row["ratings"] is None else f"{row['ratings']:,}"
    print(f"data       {ratings} ratings, fingerprint {row['data'] or 'unknown'}")
    for use, metric in (("ranking", "NDCG@10"), ("rating", "RMSE")):
        algorithm, parameters, value = served_algorithm(session, release.catalog, use)
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
    """Print the changes of the metrics and of the lists, if both releases have them."""
    rows = metric_changes(session, before, after)
    if rows is None:
        return
    print("\nmetrics on the test rows:\n")
    print_rows(ListedRows(METRIC_COLUMNS, rows), "table")
    new, total = listed_movies(session, before, after)
    share = f" ({new / total:.1%})" if total else ""
    print(
        f"\nrecommendations: {new:,} of {total:,} listed movies{share} were not in the list of the"
        f" same user in {before}; the other changed rows have another rank, score or reason"
    )
