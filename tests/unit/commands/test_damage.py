"""`make build` on lakes that have lost files."""

import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.cli import main
from reelhouse.commands import build
from reelhouse.commands.build import _prepare_lake
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import PUBLISHED, lost_tables, read_catalog
from reelhouse.lake.damage import damaged_file
from reelhouse.paths import ROOT

TINY = str(ROOT / "tests" / "fixtures" / "tiny")


def put(lake: Path, table: str, rows: pa.Table) -> None:
    """Replace a table of the lake."""
    with SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db", warehouse=f"{lake}/warehouse") as c:
        if c.table_exists(f"reelhouse.{table}"):
            c.drop_table(f"reelhouse.{table}")
        c.create_table(f"reelhouse.{table}", rows.schema).append(rows)


def lose(lake: Path, table: str, part: str) -> None:
    metadata = Path(read_catalog(lake).tables["reelhouse", table])
    if part == "metadata":
        metadata.unlink()
    else:
        for file in (metadata.parents[1] / "data").rglob("*.parquet"):
            file.unlink()


def test_a_build_removes_lost_tables_from_the_catalog(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for table in ("recommendations", "odd_values"):
        lose(copy, table, "metadata")

    _prepare_lake(copy, "", "")

    assert os.environ["REELHOUSE_DATA"] == "ml-100k"
    names = read_catalog(copy).names()
    assert "recommendations" not in names
    assert "odd_values" in names  # not a table that the build makes
    assert capsys.readouterr().out == (
        "unreadable tables, which this build replaces: recommendations\n"
    )


def checksums(content: bytes, step: int = 512) -> bytes:
    """Return the file of checksums that Hadoop writes: a header, and a CRC-32 per 512 bytes."""
    parts = (content[start : start + step] for start in range(0, len(content), step))
    return b"crc\0" + step.to_bytes(4) + b"".join(zlib.crc32(part).to_bytes(4) for part in parts)


def test_metadata_with_a_wrong_checksum_or_without_content_is_lost(copy: Path) -> None:
    files = {
        table: Path(read_catalog(copy).tables["reelhouse", table])
        for table in ("movies", "users", "recommendations")
    }
    for file in files.values():
        content = file.read_bytes()
        file.with_name(f".{file.name}.crc").write_bytes(checksums(content))
    assert lost_tables(copy) == []
    assert damaged_file(copy, PUBLISHED) is None

    flipped = files["users"].read_bytes().replace(b"source_id", b"source_iD")
    files["users"].write_bytes(flipped)
    assert lost_tables(copy) == ["users"]
    assert damaged_file(copy, PUBLISHED) == str(files["users"])
    files["movies"].write_text("{}")
    assert lost_tables(copy) == ["movies", "users"]


def test_the_data_set_stays_known_while_users_is_lost(copy: Path) -> None:
    put(copy, "raw_files", pa.table({"data": [TINY], "mapping": [""]}))
    lose(copy, "users", "metadata")

    for _ in range(2):
        os.environ["REELHOUSE_DATA"] = ""
        _prepare_lake(copy, "", "")

        assert os.environ["REELHOUSE_DATA"] == TINY
        assert "users" not in read_catalog(copy).names()


def test_a_build_removes_unreadable_trials_from_the_catalog(copy: Path) -> None:
    put(copy, "tuning_trials", pa.table({"trial": ["a"], "error": [0.9]}))

    _prepare_lake(copy, "", "")
    assert "tuning_trials" in read_catalog(copy).names()

    lose(copy, "tuning_trials", "data")
    _prepare_lake(copy, "", "")
    assert "tuning_trials" not in read_catalog(copy).names()


def test_a_build_does_not_need_the_rows_that_it_replaces(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Spark replaces a table without reading its data files."""
    tables = [name for (_, name) in read_catalog(copy).tables if name != "raw_files"]
    for table in tables:
        lose(copy, table, "data")

    _prepare_lake(copy, "", "")

    assert os.environ["REELHOUSE_DATA"] == "ml-100k"
    assert set(tables) < set(read_catalog(copy).names())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("damage", ["emptied", "without rows", "missing"])
@pytest.mark.parametrize("data", [(), ("--data", TINY)])
def test_a_build_refuses_tables_that_no_catalog_lists(
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: str,
    data: tuple[str, ...],
) -> None:
    file = copy / "catalog.db"
    if damage == "without rows":
        with closing(sqlite3.connect(file)) as catalog, catalog:
            catalog.execute("delete from iceberg_tables")
    else:
        file.write_bytes(b"") if damage == "emptied" else file.unlink()
    before = file.read_bytes() if file.exists() else None
    monkeypatch.setattr(build, "dbt_build", lambda _: pytest.fail("a build starts"))

    assert main(["build", *data]) == 1

    said = capsys.readouterr().err
    assert "catalog.db lists no table, but" in said
    assert "bring the catalog back from a backup, or remove the lake" in said
    assert (file.read_bytes() if file.exists() else None) == before


@pytest.mark.parametrize("part", ["metadata", "data"])
def test_a_lake_with_an_unknown_data_set_needs_it_named(copy: Path, part: str) -> None:
    lose(copy, "raw_files", part)

    with pytest.raises(
        ReelhouseError, match=r"raw_files cannot be read\. .*`make build DATA="
    ) as raised:
        _prepare_lake(copy, "", "")
    assert "\n" not in str(raised.value)
    with pytest.raises(ReelhouseError, match="there is no"):
        _prepare_lake(copy, "ml-1b", "")
    assert "raw_files" in read_catalog(copy).names()

    _prepare_lake(copy, TINY, "")
    assert os.environ["REELHOUSE_DATA"] == TINY
    assert "raw_files" not in read_catalog(copy).names()
    # A build that is killed at this point leaves the data set unknown.
    with pytest.raises(ReelhouseError, match=r"has no table raw_files\. Name the ratings again"):
        _prepare_lake(copy, "", "")
