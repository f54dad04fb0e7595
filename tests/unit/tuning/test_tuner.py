"""Batches of trials, and which trials run again."""

import json

import pytest
from pyspark.sql import Row

from reelhouse.errors import ReelhouseError
from reelhouse.tuning import tuner as tuning
from reelhouse.tuning.search import Trial, propose_trials
from reelhouse.tuning.trials import run_batch
from reelhouse.tuning.tuner import Tuner


@pytest.fixture(scope="module")
def tuner(spark, ratings):
    scale = spark.createDataFrame(
        [(1.0, 5.0, 4.0)], "rating_min double, rating_max double, relevant_rating double"
    )
    return Tuner(ratings, scale=scale, solver="cg", seed=1)


def trials_of_svd(draws):
    svd = Row(
        **{"algorithm": "svd", "family": "svd", "feedback": "explicit", "factors": None},
        **{"rating_limit": None, "defaults": 1},
    )
    grid = [Row(algorithm="svd", parameter="factors", candidates="1|2", lowest=None, highest=None)]
    return list(propose_trials([svd], grid, draws=draws, seed=1))


def test_trials_of_another_version_of_the_engine_run_again(tuner, monkeypatch):
    grid = trials_of_svd(draws=0)
    known = {row["trial"]: row for row in run_batch(tuner, grid, {})}
    monkeypatch.setattr(tuning, "engine_version", lambda: "newer")
    monkeypatch.delitem(tuner.__dict__, "inputs")
    again = {row["trial"]: row for row in run_batch(tuner, grid, known)}
    assert len(again) == 2 and not again.keys() & known.keys()
    # `best_parameters` compares trials of equal inputs.
    assert not {row["inputs"] for row in again.values()} & {row["inputs"] for row in known.values()}


def test_a_trial_that_is_requested_twice_or_known_does_not_run_again(tuner):
    drawn = trials_of_svd(draws=9)
    made = {row["trial"]: row for row in run_batch(tuner, drawn, {})}
    assert sorted(json.loads(row["parameters"])["factors"] for row in made.values()) == [1, 2]

    again = {row["trial"]: row for row in run_batch(tuner, drawn, made)}
    assert again.keys() == made.keys()
    for trial, row in again.items():
        assert row["tried_at"] == made[trial]["tried_at"]
        assert row["asked_at"] > made[trial]["asked_at"]


def test_a_trial_whose_matrices_are_too_large_is_left_out(tuner, monkeypatch):
    ease = Row(
        **{"algorithm": "ease", "family": "ease", "feedback": "implicit", "reg": 10.0},
        **{"neighbours": 10, "dropout": 0.0, "diagonal_limit": 0.0, "degree_exponent": 0.0},
        **{"strength_scale": None, "rating_limit": None, "defaults": 1},
    )
    assert len(run_batch(tuner, [Trial(ease, {})], {})) == 1
    monkeypatch.setattr(tuning, "MATRIX_CELLS", 50)
    assert not run_batch(tuner, [Trial(ease, {})], {})


def test_a_build_leaves_out_a_trial_that_fails_and_tuning_reports_it(tuner):
    als = Row(
        **{"algorithm": "als", "family": "als", "feedback": "implicit", "alpha": -1.0, "reg": 1.0},
        **{"factors": 2, "reg_exponent": 0.5, "unobserved_weight": None, "strength_scale": 1.0},
        **{"iterations": 3, "rating_limit": None, "defaults": 1},
    )
    trials = [Trial(als, {}), Trial(als, {"alpha": 2.0})]
    (row,) = run_batch(tuner, trials, {}, skips_failures=True)
    assert json.loads(row["parameters"]) == {"alpha": 2.0}
    with pytest.raises(ReelhouseError, match="alpha"):
        run_batch(tuner, trials, {})
