"""The values of DATA: zips, tables of the lake, and paths that cannot be read."""

from __future__ import annotations

import bz2
import gzip
import os
import re
import shlex
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest import sources
from reelhouse.ingest.parts import files_of
from reelhouse.ingest.sources import find_source, identity_of
from tests.unit.ingest.ratings_files import CSV, refused, write


def test_ratings_are_found_in_nested_folders_and_in_zips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DATA", tmp_path / "data")
    write(tmp_path / "outer" / "inner", **{"ratings.csv": CSV})
    assert Path(find_source(str(tmp_path / "outer")).files[0].path).parent.name == "inner"
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("deep/ratings.csv", CSV)
    first = find_source(str(tmp_path / "some.zip"))
    assert first.data == str(tmp_path / "some.zip")
    unpacked = Path(first.files[0].path)
    changed = unpacked.stat().st_mtime_ns
    assert find_source(str(tmp_path / "some.zip")) == first
    assert unpacked.stat().st_mtime_ns == changed


def test_a_zip_whose_content_is_refused_does_not_stay_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DATA", tmp_path / "data")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("photos/one.jpg", b"\xff\xd8\xff\x00")
        archive.writestr("photos/two.jpg", b"\xff\xd8\xff\x00")
    refused(tmp_path / "some.zip", r"some\.zip holds no ratings")
    assert list((tmp_path / "data").iterdir()) == []
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("ratings.csv.gz", gzip.compress(CSV.encode())[:-9])
    refused(tmp_path / "some.zip", r"some\.zip/ratings\.csv\.gz is truncated or damaged")
    assert list((tmp_path / "data").iterdir()) == []
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("ratings.csv", CSV)
    find_source(str(tmp_path / "some.zip"))
    refused(tmp_path / "some.zip", "COLUMNS names 'x'", "user_id=x")
    assert len(list((tmp_path / "data").iterdir())) == 1  # a lake may have been built from it


@pytest.mark.parametrize("table", ["raw.events", "shop.sales.movies", "sales.movies"])
def test_a_table_is_left_to_spark(table: str) -> None:
    source = find_source(f"table:{table}", "user_id=u")
    assert source.files[0].path == table
    assert source.files[0].columns == {"user_id": "u"}


def test_a_table_name_that_spark_cannot_parse_is_refused() -> None:
    for name in ("x; drop", "my-orders", "a..b", "`", "a b"):
        with pytest.raises(ReelhouseError, match="put backticks around"):
            find_source(f"table:{name}")
    for name in ("`my-orders`", "raw.`x; drop`", "orders", "bücher"):
        (file,) = find_source(f"table:{name}").files
        assert file.path == name


@pytest.mark.parametrize(
    "table",
    ["recommendations", "reelhouse.als_factors", "lake.`reelhouse`.movies", "algorithms", ""],
)
def test_a_table_that_the_build_makes_is_refused(table: str) -> None:
    with pytest.raises(ReelhouseError, match="the build does not create"):
        find_source(f"table:{table}")


def test_a_model_of_another_project_is_refused() -> None:
    with pytest.raises(ReelhouseError, match="interactions_relation to purchases and run `dbt"):
        find_source("model:purchases")


def test_a_release_has_one_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "DATA", tmp_path)
    assert identity_of(str(tmp_path / "ml-1m")) == "ml-1m" == identity_of("ml-1m")
    assert identity_of(str(tmp_path / "x" / ".." / "mine.csv")) == str(tmp_path / "mine.csv")


def test_a_missing_path_is_refused_with_the_names_of_the_releases(tmp_path: Path) -> None:
    refused(tmp_path / "missing", r"there is no .*missing.* ml-25m")


def test_a_path_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """DATA, a file in the folder, and COLUMNS: dbt and Java could not write the name."""
    bad = os.fsdecode(b"caf\xe9")
    folder = write(tmp_path / "in", **{f"{bad}.csv": CSV})
    refused(folder, r"path is not UTF-8: .*caf\\udce9\.csv; rename")
    write(folder, **{"a.csv": CSV})
    refused(folder, "path is not UTF-8")
    refused(write(tmp_path / bad, **{"a.csv": CSV}), r"DATA is not UTF-8: .*caf.*; rename")
    refused(tmp_path / "in" / "a.csv", "COLUMNS is not UTF-8", f"user_id={bad}")


def test_unknown_and_false_formats_are_refused(tmp_path: Path) -> None:
    write(tmp_path, **{"a.xlsx": b"PK\x03\x04x", "a.parquet": "x", "a.jsonl": "[1, 2]\n"})
    write(tmp_path, **{"a.csv": gzip.compress(CSV.encode()), "a.db": b"SQLite format 3\x00"})
    refused(tmp_path / "a.xlsx", "is a zip or a spreadsheet: .*save the sheet as CSV")
    refused(tmp_path / "a.csv", r"is compressed with gzip: rename it so that it ends in \.gz")
    refused(tmp_path / "a.db", "is an SQLite database: export the table")
    refused(tmp_path / "a.parquet", "is not a Parquet file")
    refused(tmp_path / "a.jsonl", "not JSON Lines")
    pq.write_table(pa.table({"user": [1], "User": [2]}), tmp_path / "b.parquet")
    refused(tmp_path / "b.parquet", "differ only in capitals")


@pytest.mark.parametrize("name", ["my ratings.csv.GZ", "mine.Bz2", "in/part-0.GZ", "in/train.GZ"])
def test_a_suffix_that_spark_does_not_know_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    pack = bz2.compress if name.endswith("Bz2") else gzip.compress
    others = {"test.csv": CSV} if "train" in name else {}
    write(file.parent, **{file.name: pack(CSV.encode())}, **others)
    move = re.escape(shlex.join(["mv", str(file), str(file.with_suffix(file.suffix.lower()))]))
    refused(file, f"ends in {file.suffix}, and Spark decompresses only .*: rename it, as in {move}")
    refused(file.parent, f"as in {move}")


def test_a_suffix_by_which_spark_would_decompress_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, **{"ratings.csv.lz4": CSV}) / "ratings.csv.lz4"
    refused(file, r"ends in \.lz4, by which Spark .* and rename it to ratings\.csv")


@pytest.mark.parametrize("name", ["_ratings.csv", ".ratings.csv", "ratings.csv._COPYING_"])
def test_a_hidden_file_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / "in", **{name: CSV})
    refused(tmp_path / "in" / name, "has the name of a hidden file, which .*: rename it")
    write(tmp_path / "in", **{"ratings_1.csv": CSV})
    assert files_of(find_source(str(tmp_path / "in")).files[0])[0].name == "ratings_1.csv"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, **{"ratings.csv": CSV}) / "ratings.csv"
    file.chmod(0)
    refused(file, "cannot be read: Permission denied. Give yourself permission")


def test_a_file_that_the_system_cannot_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").symlink_to("/proc/self/mem")
    refused(tmp_path / "ratings.csv", "cannot be read: Input/output error")
    refused(tmp_path / ("a" * 300), "cannot be read: File name too long")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "link").symlink_to(tmp_path / "folder")
    refused(tmp_path / "outer", "link is a link to a folder: name that folder")
