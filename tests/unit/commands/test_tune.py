"""What `make tune` prints of the best trials in the lake."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.commands import tune
from tests.unit.lakes import build_lake


@pytest.fixture(autouse=True)
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a lake in which als_residual was tuned."""
    parameters = [json.dumps({"reg": reg}) for reg in (0.125, 1.4)]
    version = {"inputs": ["a"], "defaults": pa.array([1], pa.int64())}
    best = {
        "algorithm": ["als_residual"],
        "parameters": parameters[:1],
        "iterations": pa.array([7], pa.int32()),
        "metric": ["rmse"],
        "error": [0.9],
        "trial_count": pa.array([2], pa.int64()),
        **version,
        "is_newest": [True],
    }
    trials = {
        "algorithm": ["als_residual"] * 2,
        "parameters": parameters,
        "error": [0.9, 0.95],
        **{name: pa.chunked_array([values] * 2) for name, values in version.items()},
    }
    tables = {"best_parameters": pa.table(best), "tuning_trials": pa.table(trials)}
    monkeypatch.setenv("REELHOUSE_LAKE", str(build_lake(tmp_path / "lake", tables)))


def test_the_best_trial_is_printed_beside_that_of_the_seed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tune._print_best_trials(["als_residual"])

    said = capsys.readouterr().out
    assert (
        "als_residual   rmse 0.9000 (with seeds/algorithms.csv 0.9500), best of 2 trials:"
        ' {"reg": 0.125}'
    ) in said
    assert "`make build` fits these parameters" in said


def test_an_algorithm_without_a_trial_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    tune._print_best_trials(["als_graded"])

    said = capsys.readouterr().out
    assert "als_graded     has no trial, because " in said
    assert "`make build`" not in said
