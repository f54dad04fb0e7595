"""Errors of `build`, `evaluate` and `tune` before Spark starts."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.cli import main
from reelhouse.commands.dbt import run_dbt
from reelhouse.errors import ReelhouseError
from tests.unit.lakes import TABLES, build_lake


@pytest.fixture
def new_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("REELHOUSE_DATA", "REELHOUSE_COLUMNS"):  # the commands set both
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


@pytest.mark.parametrize("command", ["build", "evaluate kfold", "evaluate kfold --target cluster"])
def test_ratings_that_are_not_there(
    new_lake: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.setenv("REELHOUSE_DATA", "ml-1b")

    assert main(command.split()) == 1

    assert capsys.readouterr().err.startswith("error: there is no ")
    assert not new_lake.exists()


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "needs REELHOUSE_CATALOG_URI and REELHOUSE_WAREHOUSE: set both"),
        (
            {"CATALOG_URI": "jdbc:postgresql://db/lake", "WAREHOUSE": "/shared"},
            "needs REELHOUSE_MASTER: set it to the address",
        ),
    ],
)
def test_a_build_on_a_cluster_without_its_variables(
    new_lake: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    missing: str,
) -> None:
    for name in ("CATALOG_URI", "WAREHOUSE", "MASTER"):
        monkeypatch.delenv(f"REELHOUSE_{name}", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"REELHOUSE_{name}", value)

    assert main(["build", "--target", "cluster"]) == 1

    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "has no ratings: name another source"),
        ("1,2,3\n1,3,4\n", "has the same user_id in every rating"),
        ("1,2,3\n2,2,4\n", "has the same movie_id in every rating"),
    ],
)
def test_ratings_without_two_users_and_two_movies(
    new_lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, said: str
) -> None:
    (tmp_path / "mine.csv").write_text(f"user,item,rating\n{rows}")

    assert main(["build", "--data", str(tmp_path / "mine.csv")]) == 1

    assert said in capsys.readouterr().err
    assert not new_lake.exists()


def test_ratings_whose_name_is_not_utf8(
    new_lake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = {"protocol": ["random"] * 2, "fold": [0, 0], "split": ["train", "validation"]}
    build_lake(new_lake, {**TABLES, "rating_splits": pa.table(splits)})
    monkeypatch.setenv("REELHOUSE_DATA", os.fsdecode(b"caf\xe9.csv"))

    for command in ("build", "evaluate kfold", "tune"):
        assert main(command.split()) == 1
        said = capsys.readouterr().err
        assert "DATA is not UTF-8: caf\\udce9.csv" in said
        assert said.count("\n") == 1


def test_no_command_of_dbt_takes_a_text_that_is_not_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELHOUSE_COLUMNS", os.fsdecode(b"user_id=caf\xe9"))

    with pytest.raises(ReelhouseError, match="REELHOUSE_COLUMNS is not UTF-8"):
        run_dbt(["parse"])
