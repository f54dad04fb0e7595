"""`reelhouse build`: choose the data set, run dbt build, and print the summary."""

import os
from pathlib import Path

from reelhouse.commands.dbt import BuildError, dbt_build
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import BUILD, NoLakeError, lake_folder, lost_tables, remove_from_catalog
from reelhouse.lake.cluster import CLUSTER, LOCAL, MASTER, WAREHOUSE, cluster_lake
from reelhouse.lake.object_store import is_object
from reelhouse.paths import S3_JARS_LOCK
from reelhouse.project import built_names

REJECTION_TESTS = {"some_ratings_are_accepted", "few_ratings_are_rejected"}
"""Data tests that fail if a build rejects too many ratings."""
TUNING_TRIALS = "tuning_trials"
"""The only table whose rows a build keeps."""


def build(data: str, columns: str, target: str, tune: str) -> None:
    """Run `dbt build` and print the summary.

    Args:
        data: DATA; empty for the data set of the lake.
        columns: COLUMNS, the file's name of each column.
        target: a target of profiles.yml.
        tune: TUNE; ``no`` for no trials of parameters, empty for REELHOUSE_TUNE.

    Raises:
        ReelhouseError: the data cannot be read, or the build fails.
    """
    if tune:
        os.environ["REELHOUSE_TUNE"] = tune
    prepare_build(data, columns, target)
    try:
        dbt_build(target)
    except BuildError as error:
        if target == LOCAL and not REJECTION_TESTS.isdisjoint(error.failed):
            from reelhouse.commands.data_summary import print_rejected

            print_rejected()
        raise
    if target in (LOCAL, CLUSTER):
        from reelhouse.commands.summary import print_summary

        print_summary()


def prepare_build(data: str, columns: str, target: str) -> None:
    """Check the data and the lake before Spark starts, and set the variables that dbt reads.

    REELHOUSE_DATA and REELHOUSE_COLUMNS replace empty ``data`` and ``columns``.

    Raises:
        ReelhouseError: another process writes to the lake, or an error of ``declared_pattern``,
            ``choose_data_set`` or ``find_source``.
    """
    from reelhouse.ingest.time_patterns import declared_pattern

    declared_pattern()
    data = data or os.environ.get("REELHOUSE_DATA", "")
    columns = columns or os.environ.get("REELHOUSE_COLUMNS", "")
    if target != LOCAL:  # only Spark can read which data set such a lake has
        _set_data(data, columns)
        if target == CLUSTER:
            _check_cluster()
        return
    refuse_second_writer()
    _prepare_lake(lake_folder(), data, columns)


def _check_cluster() -> None:
    """Check the variables of the target, and the jar with which Spark writes to S3.

    Raises:
        ReelhouseError: a variable is missing, or the jar is missing or damaged.
    """
    lake = cluster_lake()
    if not os.environ.get(MASTER):
        raise ReelhouseError(
            f"the target cluster needs {MASTER}: set it to the address of the Spark master, as in"
            " spark://master:7077"
        )
    if is_object(lake.warehouse):
        from reelhouse.setup.jars import locked_jars

        missing = [jar.path.name for jar in locked_jars(S3_JARS_LOCK) if not jar.is_kept()]
        if missing:
            raise ReelhouseError(
                f"{WAREHOUSE} is on S3, and jars/ has no {missing[0]}: run `make setup-s3`"
            )


def _prepare_lake(lake: Path, data: str, columns: str) -> None:
    """Choose the data set, and remove unreadable tables from the catalog.

    Spark cannot replace a table whose metadata file is missing. After the table is removed from
    the catalog, the build creates it again.

    Raises:
        ReelhouseError: the data set of the lake is unknown, or an error of ``choose_data_set`` or
            ``find_source``.
    """
    from reelhouse.ingest.data_set import (
        RAW_FILES,
        UnknownDataSetError,
        choose_data_set,
        data_set_of_lake,
    )

    unreadable = built_names().intersection(lost_tables(lake))
    try:
        current = data_set_of_lake(lake)
    except UnknownDataSetError as error:
        if not data:
            raise ReelhouseError(
                f"the data set of the lake at {lake} is unknown: {error}. Name the ratings again,"
                " as in `make build DATA=/path/to/ratings.csv`, and the build replaces every table"
            ) from error
        current = None
        unreadable.add(RAW_FILES)
    if _has_unreadable_trials(lake):
        unreadable.add(TUNING_TRIALS)
    _set_data(*choose_data_set(data, columns, current))
    if unreadable:
        remove_from_catalog(lake, unreadable)
        names = ", ".join(sorted(unreadable))
        print(f"unreadable tables, which this build replaces: {names}", flush=True)


def _has_unreadable_trials(lake: Path) -> bool:
    """Return whether the lake has trials of parameters whose files are missing."""
    from reelhouse.lake.query_errors import QueryError
    from reelhouse.lake.session import LakeSession

    try:
        with LakeSession(lake, catalog=BUILD) as session:
            if TUNING_TRIALS in session.catalog.names():
                session.execute(f"from {TUNING_TRIALS}").fetchall()
    except NoLakeError:
        return False
    except QueryError:
        return True
    return False


def _set_data(data: str, columns: str) -> None:
    """Check the data and set the variables from which dbt takes them."""
    from reelhouse.ingest.columns import columns_text
    from reelhouse.ingest.formats import TABLE
    from reelhouse.ingest.samples import check_pairs
    from reelhouse.ingest.sources import find_source

    if data:
        source = find_source(data, columns)
        ratings = source.files[0]
        name = Path(ratings.path).name
        if ratings.format != TABLE:
            check_pairs(ratings)
        if source.guess:
            print(f"{name} has no header, read as with COLUMNS='{source.guess}'", flush=True)
        elif ratings.has_header and source.scale is None:
            found = columns_text(ratings.columns)
            print(f"{name} is read as with COLUMNS='{found}'", flush=True)
    os.environ["REELHOUSE_DATA"], os.environ["REELHOUSE_COLUMNS"] = data, columns
