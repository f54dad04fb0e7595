"""`reelhouse update`: take new and changed ratings into the lake, and publish new lists."""

import json
import os
from pathlib import Path

from reelhouse.commands.build import prepare_build
from reelhouse.commands.data_summary import REJECTED, kept_line, kept_rows, rejecting_rules
from reelhouse.commands.dbt import dbt_build
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.ingest.new_files import has_new_files
from reelhouse.lake.catalog import lake_folder, lost_tables
from reelhouse.lake.cluster import LOCAL
from reelhouse.lake.evaluations import evaluating_releases
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.releases import Release, existing_releases, unpublished_tables
from reelhouse.lake.session import LakeSession
from reelhouse.paths import ROOT
from reelhouse.project import built_names

SELECTOR = "update"
"""Selector of selectors.yml, and var of dbt_project.yml."""
STAYING = ("seeds/*", "*models/evaluation/*", "*models/tuning/*", "models/*/leaks/*")
"""Tables and views that an update does not build, beside those of ``STAYING_MODELS``."""
STAYING_MODELS = ("int_fit_plan", "served_algorithms")
PARTS = """
    select count(*), coalesce(sum(part.row_count), 0)
    from (select unnest(parts) as part from {these}.raw_files where role = 'ratings')
    where part.version not in (
        select unnest(parts).version from {others}.raw_files where role = 'ratings'
    )
"""


def update(data: str, columns: str, target: str) -> None:
    """Read new and changed ratings, fit the served algorithms again, and publish a release.

    The parameters of the last build and its evaluation stay.

    Args:
        data: DATA; empty for the data set of the lake.
        columns: COLUMNS, the file's name of each column.
        target: a target of profiles.yml.

    Raises:
        ReelhouseError: there is no release to update, a table is damaged or was built since by
            another command, the data cannot be read, or the update fails.
    """
    if target == LOCAL:
        refuse_second_writer()
        _refuse_incomplete(lake_folder())
    prepare_build(data, columns, target)
    if (
        target == LOCAL
        and not unpublished_tables(lake_folder())
        and not has_new_files(lake_folder())
    ):
        number = existing_releases(lake_folder())[0].number
        print(f"no file has changed since release {number}, so there is nothing to update")
        return
    os.environ["REELHOUSE_PUBLISH"] = "yes"
    dbt_build(target, "--selector", SELECTOR, "--vars", json.dumps({SELECTOR: True}))
    if target == LOCAL:
        print("\n".join(update_lines(lake_folder())))


def _refuse_incomplete(lake: Path) -> None:
    """Refuse a lake whose tables of the last build are not all there, or not all published."""
    existing_releases(lake)
    if lost := sorted(built_names().intersection(lost_tables(lake))):
        raise ReelhouseError(
            f"files of {', '.join(lost)} are missing or damaged, and an update needs the tables of"
            " the last build: run `make build`"
        )
    staying = {path.stem for pattern in STAYING for path in ROOT.glob(f"{pattern}.yml")}
    changed = staying.union(STAYING_MODELS).intersection(unpublished_tables(lake))
    if changed:
        raise ReelhouseError(
            f"{min(changed)} was changed since the last release, and an update does not build it:"
            " run `make build`, which builds and publishes all tables"
        )


def update_lines(lake: Path) -> list[str]:
    """Return the lines at the end of an update: the changes of the ratings, and the release."""
    releases = existing_releases(lake)
    release = releases[0]
    evaluation = evaluating_releases(lake).get(release.number)
    with LakeSession(lake) as session:
        rejected = rejecting_rules(session, REJECTED["ratings"])
        kept = kept_line(*kept_rows(session), rejected)
        lines = [kept, *_changed_files(session, release)]
    return [
        "",
        *lines,
        f"release    {release.number}, with the evaluation of release {evaluation or 'unknown'}"
        " (`make build` evaluates again)",
    ]


def _changed_files(session: LakeSession, release: Release) -> list[str]:
    """Return a line on the files that are other than in the previous release, and their rows."""
    before, after = f"r{release.previous}", release.catalog
    try:
        (read, rows), (removed, old_rows) = (
            session.execute(PARTS.format(these=these, others=others)).fetchall()[0]
            for these, others in ((after, before), (before, after))
        )
    except QueryError:  # the previous release is not kept, or older code has built it
        return []
    replaced = f" instead of {_counted(removed, 'file')} ({_counted(old_rows, 'row')})"
    return [
        f"files      {_counted(read, 'file')} read ({_counted(rows, 'row')})"
        f"{replaced if removed else ''}"
    ]


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
