"""`reelhouse clean`: remove the lake that REELHOUSE_LAKE names, and dbt's target folder."""

import shutil
import sys
from pathlib import Path

from reelhouse.commands.write_lock import write_lock
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import (
    is_lake,
    lake_folder,
    lock_file,
    namespaces,
    snapshot_folder,
    warehouse_folder,
)
from reelhouse.lake.databases import catalog_file
from reelhouse.lake.forgotten import hash_file, key_file
from reelhouse.paths import ROOT, shown


def clean(yes: bool) -> None:
    """Remove the lake and target/ after a confirmation; keep packages, jars and data.

    Raises:
        ReelhouseError: the folder has no lake, a build runs there, there is no terminal for the
            question, or the answer is no.
    """
    lake = lake_folder()
    forgotten = {key_file(lake), hash_file(lake)}
    if lake.exists() and set(lake.iterdir()) - forgotten:
        if not is_lake(lake):
            raise ReelhouseError(
                f"{lake} holds no lake of Reelhouse, so nothing was removed: set REELHOUSE_LAKE to"
                " the folder that has catalog.db and warehouse"
            )
        if not yes and not _confirmed(lake):
            raise ReelhouseError("nothing was removed")  # an error, so that make stops
        with write_lock(lake, "clean"):
            _remove(lake)
        print(f"removed: the lake at {shown(lake)}")
        if hash_file(lake).exists():
            print(f"kept: {shown(hash_file(lake))}, so that forgotten users do not come back")
    else:
        print(f"no lake at {shown(lake)}")
    target = ROOT / "target"
    if target.exists():
        shutil.rmtree(target)
        print("removed: target/ (reports and dbt's own files)")


def _confirmed(lake: Path) -> bool:
    if not sys.stdin.isatty():
        raise ReelhouseError(
            f"this removes the lake at {lake}: confirm with `make clean YES=1`, since there is no"
            " terminal for a question"
        )
    try:
        answer = input(f"remove the lake at {lake} with all its tables, and target/? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")


def _remove(lake: Path) -> None:
    """Remove the files that builds made, and the folders that are empty then."""
    warehouse = warehouse_folder(lake)
    for namespace in namespaces(lake):
        if (warehouse / namespace).is_dir():
            shutil.rmtree(warehouse / namespace)
    if warehouse.is_dir() and not any(warehouse.iterdir()):
        warehouse.rmdir()
    if snapshot_folder(lake).is_dir():
        shutil.rmtree(snapshot_folder(lake))
    scratch = lake / "tmp"
    for folder in scratch.glob("dbt-session-*"):
        shutil.rmtree(folder)
    if scratch.is_dir() and not any(scratch.iterdir()):
        scratch.rmdir()
    catalog = catalog_file(lake)
    journals = [catalog.with_name(f"{catalog.name}-{end}") for end in ("journal", "wal", "shm")]
    for file in (catalog, *journals, lock_file(lake)):
        file.unlink(missing_ok=True)
    if not lake.is_symlink() and not any(lake.iterdir()):
        lake.rmdir()
