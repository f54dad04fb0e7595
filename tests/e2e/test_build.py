"""What a build leaves behind: with bad rows, killed halfway, and done again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from reelhouse.commands.build import prepare_build
from reelhouse.commands.dbt import LOCAL
from reelhouse.lake.catalog import BUILD, read_catalog
from tests.e2e.conftest import ROOT, Lake

RATED_TWICE = 2
REJECTED = {
    "user_id_missing": 1,
    "user_id_not_an_integer": 2,
    "user_id_negative": 1,
    "movie_id_missing": 1,
    "movie_id_not_an_integer": 1,
    "movie_id_negative": 1,
    "rating_missing": 2,  # one is NaN, a word for a missing value
    "rating_not_a_number": 1,
    "rating_off_the_scale": 2,
    "rated_at_missing": 1,
    "rated_at_not_a_time": 1,
    "rated_at_out_of_range": 1,
    "duplicate_pair": RATED_TWICE,
}
REJECTED_USERS = {
    "user_id_missing": 2,
    "user_id_not_an_integer": 1,
    "user_id_negative": 1,
    "line_malformed": 1,
    "duplicate_user": 1,
}
# Wall-clock seconds differ from build to build.
UNSTABLE = {"seconds", "elapsed_seconds"}


def test_every_rule_rejects_its_rows_and_nothing_is_lost(tiny):
    rejected = tiny.table("rejected_ratings").to_pylist()
    assert Counter(row["rule"] for row in rejected) == REJECTED
    raw = (tiny.data / "u.data").read_text().splitlines()
    assert len(raw) == len(rejected) + tiny.table("interactions").num_rows
    assert ("7", "3", "3.7", "880000011", "u.data") in {
        (
            row["raw_user_id"],
            row["raw_movie_id"],
            row["raw_rating"],
            row["raw_rated_at"],
            row["file"],
        )
        for row in rejected
    }


def test_every_rule_rejects_its_users_and_none_is_lost(tiny):
    rejected = tiny.table("rejected_users").to_pylist()
    assert Counter(row["rule"] for row in rejected) == REJECTED_USERS
    raw = (tiny.data / "u.user").read_text().splitlines()
    users = {row["user_id"]: row for row in tiny.table("users").to_pylist()}
    described = [user for user in users.values() if user["is_described"]]
    assert len(raw) == len(rejected) + len(described)
    assert (users[40]["occupation"], users[40]["age"]) == ("writer", 58)
    assert {row["malformed_line"] for row in rejected} == {None, "41|33|M"}
    assert "59" in {row["raw_age"] for row in rejected}


def test_a_movie_without_description_keeps_its_ratings(tiny):
    movies = {row["movie_id"]: row for row in tiny.table("movies").to_pylist()}
    assert movies[30]["title"] == "movie 30"
    assert movies[30]["rating_count"] > 0
    assert movies[2]["title"] == "Café Minuit 2 (1962)"


def snapshot(lake: Lake) -> dict[str, list[tuple]]:
    return {name: rows_of(lake, name) for name in lake.tables()}


def rows_of(lake: Lake, name: str) -> list[tuple]:
    table = lake.table(name)
    table = table.select([name for name in table.column_names if name not in UNSTABLE])
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=keys_first)


def keys_first(row: tuple) -> tuple[str, ...]:
    return tuple(str(value) for value in row if not isinstance(value, float | list))


def assert_equal(before: dict[str, list[tuple]], after: dict[str, list[tuple]]) -> None:
    assert before.keys() == after.keys()
    for name, rows in before.items():
        assert len(after[name]) == len(rows), name
        for old, new in zip(rows, after[name], strict=True):
            for was, is_now in zip(old, new, strict=True):
                assert is_now == close(was), (name, old, new)


def close(value):
    floats = isinstance(value, float) or (
        isinstance(value, list) and all(isinstance(item, float) for item in value)
    )
    return pytest.approx(value, abs=1e-5, nan_ok=True) if floats else value


def java_child(pid: int) -> int:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, fields = status.read_text().partition(") ")
        except OSError:  # ended meanwhile
            continue
        if name.endswith("(java") and int(fields.split()[1]) == pid:
            return int(status.parent.name)
    raise AssertionError(f"process {pid} has no Java child")


def lose(lake: Lake, table: str, part: str) -> None:
    """Remove the metadata file in use, or all data files, of a table."""
    metadata = Path(read_catalog(lake.folder, BUILD).tables["reelhouse", table])
    files = [metadata] if part == "metadata" else (metadata.parents[1] / "data").rglob("*.parquet")
    for file in files:
        file.unlink()


@pytest.mark.slow
def test_a_killed_build_leaves_every_table_and_retry_makes_equal_ones(tiny, monkeypatch):
    before, released = snapshot(tiny), read_catalog(tiny.folder)
    build = subprocess.Popen(
        tiny.command("run", "--select", "+als_factors"),
        cwd=ROOT, env=tiny.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert build.stdout is not None
    assert any(" of " in line and " START " in line for line in build.stdout)

    refused = subprocess.run(
        tiny.command("build"), cwd=ROOT, env=tiny.environment, capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert str(build.pid) in refused.stdout

    assert any("OK created sql table model reelhouse.interactions" in line for line in build.stdout)
    os.kill(java_child(build.pid), signal.SIGKILL)
    build.communicate()
    assert build.returncode != 0
    assert_equal(before, snapshot(tiny))

    # Tables that lose files are rebuilt too.
    lose(tiny, "rating_biases", "metadata")
    lose(tiny, "als_factors", "data")
    for name in ("REELHOUSE_LAKE", "REELHOUSE_DATA", "REELHOUSE_COLUMNS"):
        monkeypatch.setenv(name, tiny.environment[name])
    prepare_build("", "", LOCAL)
    tiny.dbt("retry", "--state", str(tiny.folder / "target"))
    assert_equal(before, snapshot(tiny))
    # Readers keep the release of the whole build, since a selection of models has no release.
    assert read_catalog(tiny.folder) == released
