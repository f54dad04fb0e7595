"""The lake on disk: where it is, and which tables its catalog lists. Needs no DuckDB and no JVM."""

import gzip
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.paths import ROOT

GZIP = b"\x1f\x8b"
NAMESPACE = "reelhouse"
"""The schema that dbt builds into; its tables go by their bare names."""


class NoLakeError(ReelhouseError):
    """There is no table yet."""


class Catalog(NamedTuple):
    """What the Iceberg catalog lists: (namespace, table) → metadata file, and Spark's views."""

    tables: dict[tuple[str, str], str]
    views: list[str]

    def names(self) -> list[str]:
        """Return the names that a person types: bare ones, with the namespace when another."""
        return sorted(
            table if namespace == NAMESPACE else f"{namespace}.{table}"
            for namespace, table in self.tables
        )


def lake_folder() -> Path:
    """Return REELHOUSE_LAKE, or `lake` in the project root; absolute.

    Raises:
        ReelhouseError: Spark could write tables there, and DuckDB could not read them.
    """
    lake = Path(os.environ.get("REELHOUSE_LAKE") or ROOT / "lake").absolute()
    remedy = "name another folder with REELHOUSE_LAKE"
    check_utf8(str(lake), "the path of the lake is", remedy)
    if '"' in str(lake):
        raise ReelhouseError(
            f"the path of the lake has a double quote: {printable(str(lake))}; {remedy}"
        )
    return lake


def catalog_file(lake: Path) -> Path:
    """Return the SQLite file that lists the tables."""
    return lake / "catalog.db"


def warehouse_folder(lake: Path) -> Path:
    """Return the folder that holds the tables' files."""
    return lake / "warehouse"


def is_lake(lake: Path) -> bool:
    """Tell whether a folder is a lake of Reelhouse, damaged or not, by its catalog or tables."""
    if next((warehouse_folder(lake) / NAMESPACE).glob("*/metadata/*.metadata.json"), None):
        return True
    try:
        listed = {namespace for namespace, *_ in _catalog_rows(lake)}
    except ReelhouseError:
        return False
    if listed:
        return NAMESPACE in listed
    # A first build that was stopped early has made its lock, and perhaps a catalog without tables.
    return (lake / "build.lock").is_file() and _may_be_catalog(catalog_file(lake))


def _may_be_catalog(file: Path) -> bool:
    """Tell whether a catalog file is missing, empty, or a catalog of Iceberg."""
    if not file.exists() or file.stat().st_size == 0:
        return True
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as opened:
        names = opened.execute("select name from sqlite_master").fetchall()
    return ("iceberg_tables",) in names


def namespaces(lake: Path) -> list[str]:
    """Return the folders of the warehouse that hold tables of the lake's catalog or of a build."""
    try:
        listed = {namespace.replace(".", "/") for namespace, *_ in _catalog_rows(lake)}
    except ReelhouseError:  # a damaged catalog
        listed = set()
    return sorted({NAMESPACE, *listed})


def read_catalog(lake: Path) -> Catalog:
    """Read the lake's catalog.

    The metadata file of a table may be missing: ``lost_tables`` finds those tables.

    Raises:
        NoLakeError: nothing was built at ``lake`` yet.
        ReelhouseError: the catalog cannot be read, or belongs to other files than the warehouse's.
    """
    rows = _catalog_rows(lake)
    tables = {
        (namespace, table): _local_path(location)
        for namespace, table, location, kind in rows
        if kind != "VIEW"
    }
    if not tables:
        _check_never_built(lake)
        if (lake / "build.lock").exists():
            raise NoLakeError(
                f"the lake at {lake} has no table yet: wait for the build that runs there, or run"
                " `make build`"
            )
        raise NoLakeError(f"no lake at {lake} yet: run `make build`")
    _check_not_moved(lake, tables)
    return Catalog(tables, [table for _, table, _, kind in rows if kind == "VIEW"])


def lost_tables(lake: Path) -> list[str]:
    """Return tables and views of the build's schema whose metadata file is missing or damaged.

    Spark cannot replace such a table, since it reads the metadata of the previous version.
    """
    return [
        table
        for namespace, table, location, _ in _catalog_rows(lake)
        if namespace == NAMESPACE and not _is_metadata(Path(_local_path(location)))
    ]


def forget(lake: Path, tables: Iterable[str]) -> None:
    """Take tables out of the catalog, so that a build can make them again; keep their files."""
    with _connected(lake) as catalog, catalog:
        catalog.executemany(
            "delete from iceberg_tables where table_namespace = ? and table_name = ?",
            [(NAMESPACE, table) for table in tables],
        )


def _is_metadata(file: Path) -> bool:
    try:
        content = file.read_bytes()
        found = json.loads(gzip.decompress(content) if content.startswith(GZIP) else content)
        return isinstance(found, dict) and "format-version" in found and _is_intact(file, content)
    except (OSError, EOFError, ValueError, zlib.error):
        return False


def _is_intact(file: Path, content: bytes) -> bool:
    """Compare the content with the checksums that Hadoop wrote beside the file, if it did.

    The file of checksums has the four bytes ``crc\\0``, the number of bytes that a checksum covers
    (four bytes, as the others the highest first), and the CRC-32 of each such part.
    """
    sums = file.with_name(f".{file.name}.crc")
    if not sums.is_file():
        return True
    written = sums.read_bytes()
    step = int.from_bytes(written[4:8])
    parts = (content[start : start + step] for start in range(0, len(content), step))
    return written[8:] == b"".join(zlib.crc32(part).to_bytes(4) for part in parts)


def _catalog_rows(lake: Path) -> list[tuple[str, str, str, str]]:
    """Return namespace, name, metadata file and kind of each table and view."""
    if not catalog_file(lake).exists():
        return []
    with _connected(lake) as catalog:
        try:
            return catalog.execute(
                "select table_namespace, table_name, metadata_location, iceberg_type"
                " from iceberg_tables where metadata_location is not null"
            ).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


@contextmanager
def _connected(lake: Path) -> Iterator[sqlite3.Connection]:
    """Open the catalog for reading and writing.

    Reading may need to write: SQLite rolls back the transaction of a process that died. A file
    without write permission is opened for reading only.
    """
    file = catalog_file(lake)
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=30)) as opened:
            yield opened
    except sqlite3.OperationalError as error:
        raise ReelhouseError(
            f"the catalog {file} cannot be read: {error}. You need read access to this file,"
            " and write access after a build that was killed"
        ) from error
    except sqlite3.DatabaseError as error:
        raise ReelhouseError(
            f"the catalog {file} is no SQLite file: {error}. Bring it back from a backup, or remove"
            " the lake and build it again with `make clean build`"
        ) from error


def _local_path(location: str) -> str:
    if not location.startswith("file:"):
        return location
    return "/" + location.removeprefix("file:").lstrip("/")  # neither writer percent-encodes


def _check_never_built(lake: Path) -> None:
    """Refuse a warehouse whose catalog was lost; a build that was killed leaves no metadata."""
    warehouse = warehouse_folder(lake)
    if left := next(warehouse.rglob("*.metadata.json"), None):
        raise ReelhouseError(
            f"the catalog {catalog_file(lake)} lists no table, but {warehouse} holds tables, such"
            f" as {left.parents[1].name}. Bring the catalog back from a backup, or remove the lake"
            " and build it again with `make clean build`"
        )


def _check_not_moved(lake: Path, tables: dict[tuple[str, str], str]) -> None:
    warehouse = warehouse_folder(lake)
    paths = [Path(location) for location in tables.values()]
    for path in paths:
        if not (
            path.is_relative_to(warehouse) or path.resolve().is_relative_to(warehouse.resolve())
        ):
            raise ReelhouseError(
                f"the lake at {lake} was built for another place (a table's metadata is said to be "
                f"{path}). Iceberg stores absolute paths: move the lake back, or build it here "
                "with `make clean build`"
            )
    if not any(path.exists() for path in paths):
        raise ReelhouseError(
            f"the lake at {lake} is incomplete: its catalog names {len(paths)} tables, and the"
            f" files of none are in {warehouse}. Bring the files back, or build the lake again with"
            " `make clean build`"
        )
