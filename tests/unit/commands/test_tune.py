"""The rows of seeds/algorithms.csv that tuning proposes, and that APPLY=yes writes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse import project
from reelhouse.commands import tune
from reelhouse.paths import ROOT
from tests.unit.lakes import build_lake


@pytest.fixture
def seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a copy of the seeds, and a lake in which als_residual was tuned; return the seed."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    seed = tmp_path / "seeds" / "algorithms.csv"
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(tune, "SEED", seed)
    parameters = [json.dumps({"reg": reg}) for reg in (0.125, 0.5)]
    best = {
        "algorithm": ["als_residual"],
        "parameters": parameters[:1],
        "iterations": pa.array([7], pa.int32()),
        "metric": ["rmse"],
        "error": [0.9],
        "trial_count": pa.array([2], pa.int64()),
        "inputs": ["a"],
        "is_newest": [True],
    }
    trials = {
        "algorithm": ["als_residual"] * 2,
        "parameters": parameters,
        "error": [0.9, 0.95],
        "inputs": ["a"] * 2,
    }
    tables = {"best_parameters": pa.table(best), "tuning_trials": pa.table(trials)}
    monkeypatch.setenv("REELHOUSE_LAKE", str(build_lake(tmp_path / "lake", tables)))
    return seed


def row_of(seed: Path, algorithm: str) -> dict[str, str]:
    with seed.open(newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["algorithm"] == algorithm)
    return row


def test_the_best_parameters_are_printed_and_written_on_request(
    seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = seed.read_text()

    tune._propose_rows(False, ["als_residual"], 0)

    said = capsys.readouterr().out
    assert "als_residual   rmse 0.9000, best of 2 trials" in said
    assert '`make tune ALGORITHM="als_residual" APPLY=yes` writes these rows' in said
    assert seed.read_text() == before

    tune._propose_rows(True, ["als_residual"], 0)

    assert "written: seeds/algorithms.csv" in capsys.readouterr().out
    row = row_of(seed, "als_residual")
    assert (row["reg"], row["iterations"]) == ("0.125", "7")
    others = [line for line in before.splitlines() if not line.startswith("als_residual,")]
    assert [
        line for line in seed.read_text().splitlines() if not line.startswith("als_residual,")
    ] == others

    tune._propose_rows(True, ["als_residual"], 0)

    assert "has the best parameters already" in capsys.readouterr().out


def test_an_algorithm_without_a_trial_is_named(
    seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tune._propose_rows(True, ["als_graded"], 0)

    assert "als_graded     has no trial, because " in capsys.readouterr().out
