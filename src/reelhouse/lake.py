"""The lake on disk: where it is, and which tables its catalog lists. Needs no DuckDB and no JVM."""

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT

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
    """Return REELHOUSE_LAKE, or `lake` in the project root; absolute."""
    return Path(os.environ.get("REELHOUSE_LAKE") or ROOT / "lake").absolute()


def warehouse_folder(lake: Path) -> Path:
    """Return the folder that holds the tables' files."""
    return lake / "warehouse"


def read_catalog(lake: Path) -> Catalog:
    """Read the lake's catalog. Raises when there is no lake, or when it was moved."""
    file = lake / "catalog.db"
    no_lake = NoLakeError(f"no lake at {lake} yet: run `make build`")
    if not file.is_file():
        raise no_lake
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        rows = connection.execute(
            "select table_namespace, table_name, metadata_location, iceberg_type"
            " from iceberg_tables where metadata_location is not null"
        ).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise no_lake from error
        raise ReelhouseError(f"the catalog {file} cannot be read: {error}") from error
    except sqlite3.DatabaseError as error:
        raise ReelhouseError(f"{file} is no SQLite file: {error}") from error
    finally:
        connection.close()
    tables = {
        (namespace, table): _local_path(location)
        for namespace, table, location, kind in rows
        if kind != "VIEW"
    }
    if not tables:
        raise no_lake
    _check_not_moved(lake, tables)
    return Catalog(tables, [table for _, table, _, kind in rows if kind == "VIEW"])


def _local_path(location: str) -> str:
    if not location.startswith("file:"):
        return location
    return "/" + location.removeprefix("file:").lstrip("/")  # neither writer percent-encodes


def _check_not_moved(lake: Path, tables: dict[tuple[str, str], str]) -> None:
    warehouse = warehouse_folder(lake)
    for location in tables.values():
        path = Path(location)
        inside = path.is_relative_to(warehouse) or path.resolve().is_relative_to(
            warehouse.resolve()
        )
        if not inside or not path.exists():
            raise ReelhouseError(
                f"the lake at {lake} was built for another place (a table's metadata is said to be "
                f"{location}). Iceberg stores absolute paths: move the lake back, or build it here "
                f"with `make clean build` (REELHOUSE_LAKE={lake} when it is not in the project)"
                if not inside
                else f"the lake at {lake} is incomplete: its catalog names {location}, which does "
                f"not exist. Bring the file back, or run `make clean build`"
            )
