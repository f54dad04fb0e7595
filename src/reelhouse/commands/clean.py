"""`reelhouse clean`: remove the lake in use and dbt's target folder."""

import shutil
import sys
from pathlib import Path

from reelhouse.commands.build import lock_file, write_lock
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import catalog_file, is_lake, lake_folder, warehouse_folder
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


def _confirmed(lake: Path) -> bool:
    if not sys.stdin.isatty():
        raise ReelhouseError(
            f"this removes the lake at {lake}: confirm it with `make clean YES=1`, since there is"
            " no terminal to ask"
        )
    try:
        return input(f"remove the lake at {lake} with all its tables? [y/N] ").lower() == "y"
    except EOFError:
        return False


def _remove(lake: Path) -> None:
    """Remove a lake's files, and its folder if nothing else is in it."""
    warehouse = warehouse_folder(lake)
    if warehouse.exists():
        shutil.rmtree(warehouse)
    scratch = lake / "tmp"
    for folder in scratch.glob("dbt-session-*"):
        shutil.rmtree(folder)
    if scratch.is_dir() and not any(scratch.iterdir()):
        scratch.rmdir()
    for file in [*lake.glob(f"{catalog_file(lake).name}*"), lock_file(lake)]:
        file.unlink(missing_ok=True)
    if not lake.is_symlink() and not any(lake.iterdir()):
        lake.rmdir()
