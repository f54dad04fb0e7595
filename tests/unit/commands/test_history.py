"""`reelhouse history`, `rollback`, and `sql --release`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reelhouse.cli import main
from reelhouse.commands.write_lock import write_lock
from reelhouse.lake import evaluations, metadata_files
from tests.unit.lakes import TABLES
from tests.unit.published import publish

INTS = pa.int32()


def tables(ratings: int, ndcg: float, listed: list[int], score: float = 0.5) -> dict[str, pa.Table]:
    """Return the tables of a small release, with a list of movies for one user."""
    users = pa.array([7] * len(listed), INTS)
    return {
        "interactions": pa.table(
            {
                "user_id": pa.array(range(ratings), INTS),
                "movie_id": pa.array([1] * ratings, INTS),
                "rating": [4.0] * ratings,
            }
        ),
        "raw_files": pa.table({"role": ["movies", "ratings"], "fingerprint": [None, "00ff"]}),
        "served_algorithms": pa.table(
            {
                "use": ["ranking", "rating"],
                "algorithm": ["ease", "svd"],
                "parameters": ['{"reg": 3}', None],
            }
        ),
        "model_comparison": pa.table(
            {
                "protocol": ["random"] * 3,
                "algorithm": ["ease", "svd", "popularity"],
                "rmse": [None, 0.875, None],
                "ndcg_at_10": [ndcg, 0.0625, 0.1],
            }
        ),
        "recommendations": pa.table(
            {
                "user_id": users,
                "rank": pa.array(range(1, len(listed) + 1), INTS),
                "movie_id": pa.array(listed, INTS),
                "score": [score] * len(listed),
            }
        ),
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake with two releases of builds, and a copy of the first one."""
    lake = tmp_path_factory.mktemp("published") / "lake"
    publish(lake, tables(3, 0.25, [1, 2]), code="a1")
    publish(lake, tables(4, 0.3125, [1, 3]), code="b2-dirty")
    publish(lake, {}, copy_of=1)
    return lake


@pytest.fixture
def run(
    published: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command on the published lake: exit code, standard output, standard error."""
    monkeypatch.setenv("REELHOUSE_LAKE", str(published))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capfd.readouterr()

    return run


Run = Callable[..., tuple[int, str, str]]


def rows_of(said: tuple[int, str, str]) -> list[dict[str, Any]]:
    code, out, err = said
    assert code == 0, err
    rows: list[dict[str, Any]] = json.loads(out)
    return rows


def test_history_lists_the_releases_newest_first(run: Run) -> None:
    copy, second, first = rows_of(run("history", "--format", "json"))

    assert second == {
        "release": "r2",
        "published_at": "2026-11-02T05:00:02Z",
        "copy_of": None,
        "code": "b2-dirty",
        "data": "00ff",
        "ratings": 4,
        "ranking": "ease",
        "ndcg_at_10": 0.3125,
        "rating": "svd",
        "rmse": 0.875,
        "evaluation": "r2",
        "seconds": 2,
    }
    assert (first["release"], first["ratings"], first["ndcg_at_10"]) == ("r1", 3, 0.25)
    assert (copy["copy_of"], copy["code"], copy["seconds"]) == ("r1", "a1", None)
    assert (copy["evaluation"], first["evaluation"]) == ("r1", "r1")
    assert (copy["ratings"], copy["ndcg_at_10"]) == (3, 0.25)
    assert run("history")[1].splitlines()[0].split()[:3] == ["release", "published_at", "copy_of"]


def test_history_reads_each_metadata_file_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def read_metadata(location: str) -> dict[str, Any]:
        read.append(location)
        return metadata_files.read_metadata(location)

    monkeypatch.setattr(evaluations, "read_metadata", read_metadata)

    assert len(rows_of(run("history", "--format", "json"))) == 3

    assert len(read) == 3


def test_history_of_a_release_has_its_changes(run: Run) -> None:
    changes = {
        row["table"]: row for row in rows_of(run("history", "--release", "2", "--format=json"))
    }

    counts = ("rows_before", "rows", "added", "removed", "changed")
    assert [changes["interactions"][name] for name in counts] == [3, 4, 1, 0, 0]
    assert [changes["recommendations"][name] for name in counts] == [2, 2, 0, 0, 1]
    assert [changes["model_comparison"][name] for name in counts] == [3, 3, 0, 0, 1]
    _, text, _ = run("history", "--release=r2")
    said = " ".join(text.split())
    assert "release r2, published at 2026-11-02T05:00:02Z after 2 s code b2-dirty" in said
    assert 'ranking ease {"reg": 3}, NDCG@10 0.3125 rating svd {}, RMSE 0.8750' in said
    assert "random ease ndcg_at_10 0.25 0.3125 0.0625" in said
    assert "popularity" not in said
    assert "1 of 2 listed movies (50.0%) were not in the list of the same user in r1" in said


def test_the_first_release_has_no_changes(run: Run) -> None:
    code, text, _ = run("history", "--release=1")

    assert code == 0
    assert "none, since this is the first release" in text


def test_sql_reads_a_release(run: Run) -> None:
    query = "select count(*) as n from interactions"
    assert [rows_of(run("sql", query, "--format=json", f"--release={n}")) for n in ("", "2")] == [
        [{"n": 3}],
        [{"n": 4}],
    ]


def test_one_query_compares_releases(run: Run) -> None:
    query = """select r2.movie_id from r2.recommendations as r2
        anti join r1.reelhouse.recommendations as r1 using (user_id, movie_id)"""
    assert rows_of(run("sql", query, "--format=json")) == [{"movie_id": 3}]


@pytest.mark.parametrize(
    "command", ["sql --release=9 -- from_x", "history --release=9", "rollback 9"]
)
def test_an_unknown_release_is_refused(run: Run, command: str) -> None:
    code, _, err = run(*command.split())

    assert (code, err) == (1, "error: there is no release 9: the releases are 1, 2, 3\n")


def test_a_rollback_needs_an_earlier_release_and_no_running_build(
    run: Run, published: Path
) -> None:
    assert run("rollback")[2] == "error: name a release: the releases are 1, 2, 3\n"
    assert run("rollback", "3")[2] == "error: release 3 is the newest, which readers see now\n"
    assert "'x' is not the number of a release" in run("rollback", "x", "--target=cluster")[2]
    with write_lock(published, "build"):
        assert "Another dbt process is writing here" in run("rollback", "1")[2]


@pytest.mark.parametrize("command", ["history", "rollback 1", "sql --release=1 -- x"])
def test_a_lake_without_a_release_says_make_build(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path))

    assert main(command.split()) == 1

    assert capsys.readouterr().err == (f"error: no lake at {tmp_path} yet: run `make build`\n")


def test_a_release_without_the_tables_of_reelhouse_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path, {"interactions": TABLES["interactions"]})
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path))

    assert main(["history", "--format=csv"]) == 0

    assert capsys.readouterr().out.splitlines()[1] == ("r1,2026-11-01T05:00:01Z,,c0de,,2500,,,,,,1")
