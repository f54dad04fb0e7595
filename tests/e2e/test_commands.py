"""`make evaluate` and `make tune` as a person types them, on a lake that `make build` made."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace

import pytest

from tests.e2e.conftest import ROOT, Lake

pytestmark = pytest.mark.slow


def make(lake: Lake, *arguments: str) -> str:
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, env=lake.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_evaluate_adds_a_protocol_and_prints_how_algorithms_compare(movielens: Lake) -> None:
    said = make(movielens, "evaluate", "PROTOCOL=leave_last")
    compared = movielens.table("model_comparison").to_pylist()
    assert {row["protocol"] for row in compared} == {"random", "global_time", "leave_last"}
    assert "\nleave_last\n" in said
    assert "published release r2" in said
    best = [row for row in compared if row["ndcg_at_10_verdict"] == "best"]
    assert all(row["algorithm"] in said for row in best if row["protocol"] == "leave_last")


def test_tune_makes_the_missing_trials_and_prints_the_best(movielens: Lake) -> None:
    said = make(movielens, "tune", "ALGORITHM=svd")
    trials = movielens.table("tuning_trials").to_pylist()
    assert {row["algorithm"] for row in trials} >= {"svd"}
    assert re.search(r"svd +rmse 0\.\d+ .*best of \d+ trials", said)
    assert "`make build` fits these parameters" in said


def test_implausible_metrics_fail_the_build(movielens: Lake) -> None:
    """Each limit is moved past the metrics of the lake."""
    strict = {"ndcg_ceiling": 0.1, "rated_share_ceiling": 0.0, "rmse_floor": 2}
    lake = replace(movielens, variables=json.dumps(strict))
    test = "no_metric_is_implausible"
    compiled = lake.dbt("test", "--store-failures", "--select", test, check=False)
    assert re.search(r"FAIL \d\d+ no_metric_is_implausible", compiled)
    failures = movielens.catalog().load_table(f"reelhouse_dbt_test__audit.{test}")
    metrics = failures.scan(selected_fields=("metric",)).to_arrow()["metric"].to_pylist()
    assert {"ndcg", "rated_share", "r2"} <= set(metrics)
