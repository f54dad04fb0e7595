"""Which lake the commands use, and the tables in its catalog. Needs no DuckDB and no JVM."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, NoReturn

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.lake.cluster import LOCAL, WAREHOUSE, ClusterLake, Lake, cluster_lake, target
from reelhouse.lake.databases import CatalogDatabase, catalog_database, catalog_file, connected
from reelhouse.lake.metadata_checks import is_metadata
from reelhouse.lake.object_store import is_object
from reelhouse.paths import ROOT, TARGET

PUBLISHED = "lake"
"""Name of the catalog with the newest release, which readers use."""
BUILD = "build"
"""Name of the catalog that dbt writes to."""
NAMESPACE = "reelhouse"
"""The schema of the tables that dbt builds. Their bare names are enough in a query."""


class NoLakeError(ReelhouseError):
    """The lake has no table yet."""


class Catalog(NamedTuple):
    """Content of the Iceberg catalog: (namespace, table) → metadata file, and Spark's views."""

    tables: dict[tuple[str, str], str]
    views: list[str]

    def names(self) -> list[str]:
        """Return the names as a user types them: with the namespace unless it is the build's."""
        return sorted(
            table if namespace == NAMESPACE else f"{namespace}.{table}"
            for namespace, table in self.tables
        )


def chosen_lake() -> Lake:
    """Return the lake of the target in REELHOUSE_TARGET: that of this machine, or the cluster's.

    Raises:
        ReelhouseError: an error of ``lake_folder`` or ``cluster_lake``.
    """
    return lake_folder() if target() == LOCAL else cluster_lake()


def lake_folder() -> Path:
    """Return the absolute path in REELHOUSE_LAKE, or of `lake` in the project root.

    Raises:
        ReelhouseError: DuckDB could not read tables at this path.
    """
    lake = Path(os.environ.get("REELHOUSE_LAKE") or ROOT / "lake").absolute()
    remedy = "name another folder with REELHOUSE_LAKE"
    check_utf8(str(lake), "the path of the lake is", remedy)
    if '"' in str(lake):
        raise ReelhouseError(
            f"the path of the lake has a double quote: {printable(str(lake))}; {remedy}"
        )
    return lake


def warehouse_folder(lake: Path) -> Path:
    """Return the folder of the tables' files."""
    return lake / "warehouse"


def warehouse_of(lake: Lake) -> str:
    """Return the folder of the tables' files, or its URL on S3."""
    if isinstance(lake, ClusterLake):
        return local_path(lake.warehouse)
    return str(warehouse_folder(lake))


def snapshot_folder(lake: Lake) -> Path:
    """Return the folder of the arrays that `reelhouse recommend` keeps of the tables.

    It is on this machine, whose reads of them are fastest.
    """
    return TARGET / "serve" if isinstance(lake, ClusterLake) else lake / "serve"


def lock_file(lake: Path) -> Path:
    """Return the file that every process locks before it writes to the lake."""
    return lake / "build.lock"


def is_lake(lake: Path) -> bool:
    """Return whether a folder is a lake of Reelhouse, by its catalog or tables."""
    if next((warehouse_folder(lake) / NAMESPACE).glob("*/metadata/*.metadata.json"), None):
        return True
    try:
        listed = {namespace for namespace, *_ in _catalog_rows(lake)}
    except ReelhouseError:  # a damaged catalog, beside the lock of builds
        return catalog_file(lake).is_file() and lock_file(lake).is_file()
    if listed:
        return NAMESPACE in listed
    # A first build that was stopped early leaves a lock, and perhaps a catalog without tables.
    return lock_file(lake).is_file() and _may_be_catalog(catalog_file(lake))


def _may_be_catalog(file: Path) -> bool:
    """Return whether a catalog file is missing, empty, or a catalog of Iceberg."""
    if not file.exists() or file.stat().st_size == 0:
        return True
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as opened:
        names = opened.execute("select name from sqlite_master").fetchall()
    return ("iceberg_tables",) in names


def namespaces(lake: Path) -> list[str]:
    """Return the folders of the warehouse with tables of the catalog or of a build."""
    try:
        listed = {namespace.replace(".", "/") for namespace, *_ in _catalog_rows(lake)}
    except ReelhouseError:  # a damaged catalog
        listed = set()
    return sorted({NAMESPACE, *listed})


def read_catalog(lake: Lake, catalog: str = PUBLISHED) -> Catalog:
    """Read the tables that a catalog of a lake lists.

    The metadata files of some tables may be missing; ``lost_tables`` finds these tables.

    Args:
        lake: the lake.
        catalog: ``PUBLISHED``, ``BUILD``, or a release such as ``r12``.

    Raises:
        NoLakeError: nothing was built at ``lake`` yet, or the catalog has no table.
        ReelhouseError: the catalog cannot be read, or its tables are not in the warehouse.
    """
    rows = _catalog_rows(lake, catalog)
    tables = {
        (namespace, table): local_path(location)
        for namespace, table, location, kind in rows
        if kind != "VIEW"
    }
    if not tables:
        if catalog not in (PUBLISHED, BUILD):
            raise NoLakeError(f"the lake at {lake} has no release {catalog}")
        _refuse_empty(lake)
    _check_places(lake, tables)
    return Catalog(tables, [table for _, table, _, kind in rows if kind == "VIEW"])


def _refuse_empty(lake: Lake) -> NoReturn:
    """Say why readers find no table.

    Raises:
        NoLakeError: always, unless it raises ReelhouseError for a catalog that has lost its tables.
    """
    build = build_command(lake)
    if not isinstance(lake, ClusterLake):
        _check_never_built(lake)
    if _catalog_rows(lake, BUILD):
        raise NoLakeError(
            f"the lake at {lake} has no release yet, since no build has succeeded: wait for the"
            f" running build, or correct its error and run {build}"
        )
    if isinstance(lake, ClusterLake) or lock_file(lake).exists():
        raise NoLakeError(
            f"the lake at {lake} has no table yet: wait for the running build, or run {build}"
        )
    raise NoLakeError(f"no lake at {lake} yet: run {build}")


def build_command(lake: Lake) -> str:
    """Return the command that builds a lake, as messages show it."""
    return "`make build TARGET=cluster`" if isinstance(lake, ClusterLake) else "`make build`"


def lost_tables(lake: Path) -> list[str]:
    """Return the tables and views of the build whose metadata file is missing or damaged.

    Spark cannot replace such a table, since it reads the metadata of the old version first.
    """
    return [
        table
        for namespace, table, location, _ in _catalog_rows(lake, BUILD)
        if namespace == NAMESPACE and not is_metadata(Path(local_path(location)))
    ]


def remove_from_catalog(lake: Path, tables: Iterable[str]) -> None:
    """Remove tables from the catalog of builds, so that a build can make them again.

    Their files stay, since a release may have them too.
    """
    with connected(lake) as database, database:
        name = _stored_name(CatalogDatabase(database, is_sqlite=True), BUILD)
        database.executemany(
            "delete from iceberg_tables"
            " where catalog_name = ? and table_namespace = ? and table_name = ?",
            [(name, NAMESPACE, table) for table in tables],
        )


def _catalog_rows(lake: Lake, catalog: str = "") -> list[tuple[str, str, str, str]]:
    """Return the namespace, name, metadata file and kind of each table and view.

    Args:
        lake: the lake.
        catalog: the name of a catalog; empty for all catalogs of the lake.
    """
    with catalog_database(lake) as database:
        if database is None or not database.has_table("iceberg_tables"):
            return []
        query = (
            "select table_namespace, table_name, metadata_location, iceberg_type"
            " from iceberg_tables where metadata_location is not null"
        )
        if not catalog:
            return database.rows(query)
        return database.rows(f"{query} and catalog_name = ?", _stored_name(database, catalog))


def _stored_name(database: CatalogDatabase, catalog: str) -> str:
    """Return the name under which the database lists the tables of a catalog.

    A lake that was built before there were releases lists its tables under the name for readers
    until dbt starts the next time. A project without dbt.session.publish always does so.
    """
    if catalog != BUILD or database.has_table("releases"):
        return catalog
    built = database.rows("select 1 from iceberg_tables where catalog_name = ?", BUILD)
    return BUILD if built else PUBLISHED


def local_path(location: str) -> str:
    """Return the path of a location, which may be a path or a URI that starts with ``file:``."""
    if not location.startswith("file:"):
        return location
    return "/" + location.removeprefix("file:").lstrip("/")  # neither writer percent-encodes


def _check_never_built(lake: Path) -> None:
    """Refuse a warehouse that has tables and no catalog. A killed first build has no tables."""
    warehouse = warehouse_folder(lake)
    if _catalog_rows(lake):
        return
    if left := next(warehouse.rglob("*.metadata.json"), None):
        raise ReelhouseError(
            f"the catalog {catalog_file(lake)} lists no table, but {warehouse} has tables, such as"
            f" {left.parents[1].name}: bring the catalog back from a backup, or remove the lake"
            " and build it again with `make clean build`"
        )


def _check_places(lake: Lake, tables: dict[tuple[str, str], str]) -> None:
    """Refuse a lake whose tables are outside of its warehouse, or have no files in it."""
    if is_object(warehouse_of(lake)):
        for location in tables.values():
            if not location.startswith(f"{warehouse_of(lake).rstrip('/')}/"):
                raise ReelhouseError(_misplaced(lake, location))
        return
    warehouse = Path(warehouse_of(lake))
    paths = [Path(location) for location in tables.values()]
    for path in paths:
        if not (
            path.is_relative_to(warehouse) or path.resolve().is_relative_to(warehouse.resolve())
        ):
            raise ReelhouseError(_misplaced(lake, path))
    if not any(path.exists() for path in paths):
        remedy = "bring the files back, or build the lake again with `make clean build`"
        if isinstance(lake, ClusterLake):
            remedy = f"mount this folder on this machine too, or correct {WAREHOUSE}"
        raise ReelhouseError(
            f"the lake at {lake} has a catalog of {len(paths)} tables, none of which has files in"
            f" {warehouse}: {remedy}"
        )


def _misplaced(lake: Lake, path: Path | str) -> str:
    if isinstance(lake, ClusterLake):
        return (
            f"the catalog {lake} names {path}, which is not in {lake.warehouse}: set {WAREHOUSE} to"
            " the folder that its builds use"
        )
    return (
        f"the lake at {lake} was built at another place, since its catalog names {path}: move the"
        " lake back, since Iceberg stores absolute paths, or build it here with `make clean build`"
    )
