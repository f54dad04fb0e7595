"""`reelhouse clean`: remove the lake in use and dbt's target folder."""

import shutil
import sys
from pathlib import Path

from reelhouse.commands.build import lock_file, write_lock
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import catalog_file, is_lake, lake_folder, namespaces, warehouse_folder
from reelhouse.paths import ROOT, shown


def clean(yes: bool) -> None:
    """Ask, then remove the lake and target/; keep packages, jars and data.

    Raises:
        ReelhouseError: the folder holds no lake, a build runs there, nobody can be asked, or the
            answer is no.
    """
    lake = lake_folder()
    if lake.exists() and any(lake.iterdir()):
        if not is_lake(lake):
            raise ReelhouseError(
                f"{lake} holds no lake of Reelhouse, so nothing was removed: REELHOUSE_LAKE names"
                " the folder with a lake's catalog.db and warehouse"
            )
        if not yes and not _confirmed(lake):
            raise ReelhouseError("nothing was removed")  # a failure, so that make goes no further
        with write_lock(lake, "clean"):
            _remove(lake)
        print(f"removed: the lake at {shown(lake)}")
    else:
        print(f"no lake at {shown(lake)}")
    target = ROOT / "target"
    if target.exists():
        shutil.rmtree(target)
        print("removed: target/ (reports and dbt's own files)")


def _confirmed(lake: Path) -> bool:
    if not sys.stdin.isatty():
        raise ReelhouseError(
            f"this removes the lake at {lake}: confirm it with `make clean YES=1`, since there is"
            " no terminal to ask"
        )
    try:
        answer = input(f"remove the lake at {lake} with all its tables, and target/? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")


def _remove(lake: Path) -> None:
    """Remove what builds made of a lake, and its folders if nothing else is in them."""
    warehouse = warehouse_folder(lake)
    for namespace in namespaces(lake):
        if (warehouse / namespace).is_dir():
            shutil.rmtree(warehouse / namespace)
    if warehouse.is_dir() and not any(warehouse.iterdir()):
        warehouse.rmdir()
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
