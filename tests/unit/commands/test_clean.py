"""`make clean`: what it removes, what it leaves, and when it refuses."""

import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reelhouse.commands import clean
from reelhouse.commands.write_lock import refuse_second_writer
from reelhouse.errors import ReelhouseError
from reelhouse.lake.session import LakeSession

MAIN = [sys.executable, "-c", "import sys; from reelhouse.cli import main; sys.exit(main())"]


@pytest.fixture(autouse=True)
def own_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the folder target/ of the project, which other tests read meanwhile."""
    monkeypatch.setattr(clean, "ROOT", tmp_path)


def test_clean_removes_the_lake_in_use_and_nothing_else(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    for folder in ("lake", "target"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setattr(clean, "ROOT", root)
    (copy / "catalog.db-journal").touch()
    (copy / "build.lock").touch()
    (copy / "tmp" / "dbt-session-0123456789ab").mkdir(parents=True)
    (copy / "notes.txt").touch()

    clean.clean(yes=True)

    assert [path.name for path in copy.iterdir()] == ["notes.txt"]
    assert [path.name for path in root.iterdir()] == ["lake"]
    with pytest.raises(ReelhouseError, match="holds no lake of Reelhouse, so nothing was removed"):
        clean.clean(yes=True)
    (copy / "notes.txt").unlink()
    clean.clean(yes=True)  # an empty folder is accepted


def test_no_build_starts_while_clean_removes_the_lake(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, refusals = shutil.rmtree, []

    def remove_while_a_build_starts(folder: Path) -> None:
        with pytest.raises(ReelhouseError, match="Another dbt process is writing here") as raised:
            refuse_second_writer()
        refusals.append(raised.value)
        remove(folder)

    monkeypatch.setattr(shutil, "rmtree", remove_while_a_build_starts)

    clean.clean(yes=True)

    assert refusals
    assert not copy.exists()


@pytest.mark.parametrize("content", [b"", b"no SQLite file, but long enough to be looked at" * 9])
def test_clean_removes_a_lake_whose_catalog_is_damaged(copy: Path, content: bytes) -> None:
    (copy / "catalog.db").write_bytes(content)

    clean.clean(yes=True)

    assert not copy.exists()


@pytest.mark.parametrize("catalog", [None, b""])
def test_clean_leaves_files_of_others_beside_a_build_that_was_stopped_early(
    copy: Path, catalog: bytes | None
) -> None:
    (copy / "warehouse" / "reelhouse").rename(copy / "warehouse" / "sales.db")
    (copy / "catalog.db").rename(copy / "catalog.db.bak")
    (copy / "build.lock").touch()
    if catalog is not None:
        (copy / "catalog.db").write_bytes(catalog)

    clean.clean(yes=True)

    assert {path.name for path in copy.iterdir()} == {"warehouse", "catalog.db.bak"}
    assert (copy / "warehouse" / "sales.db" / "movies").is_dir()


def test_clean_refuses_a_database_that_is_no_catalog(copy: Path) -> None:
    shutil.rmtree(copy / "warehouse")
    (copy / "build.lock").touch()
    (copy / "catalog.db").unlink()
    with closing(sqlite3.connect(copy / "catalog.db")) as database:
        database.execute("create table mine (id int)")

    with pytest.raises(ReelhouseError, match="holds no lake of Reelhouse"):
        clean.clean(yes=True)

    assert (copy / "catalog.db").is_file()


def test_clean_leaves_a_warehouse_of_others(copy: Path) -> None:
    (copy / "warehouse" / "reelhouse").rename(copy / "warehouse" / "sales")
    (copy / "catalog.db").unlink()

    with pytest.raises(ReelhouseError, match="holds no lake of Reelhouse"):
        clean.clean(yes=True)

    assert (copy / "warehouse" / "sales").is_dir()


def test_clean_asks_on_a_terminal_and_refuses_without_one(copy: Path) -> None:
    done = subprocess.run(
        [*MAIN, "clean"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: this removes the lake at {copy}: confirm with")

    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    asked = subprocess.run([*MAIN, "clean"], stdin=theirs, capture_output=True, text=True)
    os.close(theirs)
    os.close(ours)

    assert asked.returncode == 1  # `make clean build` stops here
    assert asked.stdout == f"remove the lake at {copy} with all its tables, and target/? [y/N] "
    assert asked.stderr == "error: nothing was removed\n"
    with LakeSession(copy) as session:
        assert session.scalar("select count(*) from recommendations") == 3
