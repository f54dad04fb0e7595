"""`SIZE=peers`: results by hand, the generated split, and metrics of known factors."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.generate import shape_of
from benchmarks.peers import results
from benchmarks.peers.data import write_split
from benchmarks.peers.quality import Evaluation
from benchmarks.peers.results import Run
from benchmarks.peers.systems import SYSTEMS, reelhouse_settings
from benchmarks.peers.task import Rows, Task, read_rows
from reelhouse.paths import ROOT

FACTS = {"iterations": 10, "factors": 64}
QUALITY = {"rmse": None, "ndcg": 0.1, "objective": 200.0}


def run(system, pack, iteration, recommend_all=None, feedback="implicit", peak=100):
    seconds = {"pack": pack, "iteration": iteration}
    if recommend_all is not None:
        seconds["recommend_all"] = recommend_all
    return Run(feedback, system, "1.0", seconds, peak)


def rows_of(runs, **qualities):
    keys = {(each.feedback, each.system) for each in runs}
    return results.summarise(
        runs, {key: {**QUALITY, **qualities.get(key[1], {})} for key in keys}, FACTS
    )


def seconds_of(rows, name="seconds"):
    return {(row["system"], row["phase"]): row[name] for row in rows}


ROUNDS = [
    run("reelhouse", 1.0, 0.5, 2.0, peak=100),
    run("rusket", 2.0, 1.0, 4.0),
    run("irspack", 4.0, 0.75, 8.0),
    run("reelhouse", 3.0, 0.5, 2.0, peak=500),
    run("rusket", 2.0, 1.0, 4.0),
    run("irspack", 4.0, 0.75, 8.0),
    run("reelhouse", 1.0, 0.6, 2.0, peak=200),
    run("rusket", 2.0, 1.0, 4.0),
    run("irspack", 4.0, 0.75, 8.0),
]


def test_seconds_are_medians_of_rounds_and_ratios_are_those_of_the_medians():
    rows = rows_of(ROUNDS)
    seconds = seconds_of(rows)
    assert seconds["reelhouse", "pack"] == 1.0
    assert seconds["reelhouse", "iteration"] == 0.5
    # The totals of the rounds are 1 + 5 + 2, 3 + 5 + 2 and 1 + 6 + 2.
    assert seconds["reelhouse", "total"] == 9.0
    assert seconds_of(rows, "rounds")["reelhouse", "total"] == [8.0, 10.0, 9.0]
    ratios = seconds_of(rows, "ratio_to_reelhouse")
    assert ratios["rusket", "iteration"] == 2.0
    assert ratios["irspack", "total"] == pytest.approx(19.5 / 9, abs=0.005)
    assert ratios["reelhouse", "total"] is None
    assert {row["peak_mb"] for row in rows if row["system"] == "reelhouse"} == {200}


def test_the_fastest_peer_is_found_for_each_phase():
    fastest = {row["phase"]: row["system"] for row in results.fastest_peers(rows_of(ROUNDS))}
    assert fastest == {
        "pack": "rusket", "iteration": "irspack", "recommend_all": "rusket", "total": "rusket"
    }  # fmt: skip


def test_a_system_without_lists_has_no_total():
    rows = rows_of([run("reelhouse", 1.0, 0.5, 2.0), run("libmf", 3.0, 1.0)])
    assert ("libmf", "total") not in seconds_of(rows)
    line = results.table(rows).splitlines()[-1]
    assert line.startswith("| implicit | libmf 1.0 | 3.00 (3.00×) | 1.00 (2.00×) |  |  |  | 0.1000")


def test_qualities_that_differ_by_more_than_one_percent_are_named_once():
    rows = rows_of(ROUNDS, rusket={"ndcg": 0.0985}, irspack={"ndcg": 0.1009, "objective": 220.0})
    assert results.differences(rows) == [
        "implicit, rusket: NDCG@10 differs from Reelhouse's by -1.5 %",
        "implicit, irspack: the objective differs from Reelhouse's by +10.0 %",
    ]


def test_equal_rmse_is_the_lowest_that_both_reach():
    runs = [
        run("reelhouse", 1.0, 0.5, 2.0, feedback="explicit"),
        run("libmf", 3.0, 0.25, feedback="explicit"),
    ]
    curves = {"reelhouse": [0.9, 0.85, 0.8], "libmf": [1.0, 0.95, 0.88, 0.86, 0.87]}
    ours, theirs = results.rows_of_equal_rmse(rows_of(runs), curves)
    # Reelhouse is below 0.86 after two iterations.
    assert (ours["iterations_needed"], ours["seconds"]) == (2, 2.0)
    assert (theirs["iterations_needed"], theirs["seconds"]) == (4, 4.0)
    assert (theirs["ratio_to_reelhouse"], theirs["unclipped_rmse"]) == (2.0, 0.86)


def test_the_curve_of_libmf_is_read_from_what_it_prints():
    printed = """Using file found in /somewhere:
iter      tr_rmse      va_rmse          obj
   0       1.9321       1.2125   1.2341e+06
   1       0.9870       1.0007   4.1207e+05
"""
    assert results.parse_libmf_curve(printed) == [1.2125, 1.0007]


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return write_split(shape_of(30_000), tmp_path_factory.mktemp("split"))


@pytest.fixture(scope="module")
def evaluated(split):
    train, test = read_rows(str(split), "train"), read_rows(str(split), "test")
    return train, Evaluation(train, test, seed=1, threads=2)


def test_a_tenth_is_held_out_and_the_file_is_written_once(split):
    train, test = read_rows(str(split), "train"), read_rows(str(split), "test")
    assert len(test.users) / (len(train.users) + len(test.users)) == pytest.approx(0.1, abs=0.01)
    pairs = [set(zip(part.users, part.movies, strict=True)) for part in (train, test)]
    assert not pairs[0] & pairs[1]
    written = split.stat().st_mtime_ns
    assert write_split(shape_of(30_000), split.parent) == split
    assert split.stat().st_mtime_ns == written
    assert [path.name for path in split.parent.iterdir()] == [split.name]


def task(split, folder, **options):
    defaults = {
        "system": "reelhouse", "ratings": str(split), "folder": str(folder), "factors": 8,
        "iterations": 3, "cg_steps": 3, "threads": 2, "seed": 1, "reg": 0.05, "alpha": None, "n": 5,
    }  # fmt: skip
    return Task(**(defaults | options))


@pytest.mark.parametrize("alpha", [None, 2.0])
def test_the_objective_is_that_of_every_pair_one_by_one(split, evaluated, alpha):
    train, evaluation = evaluated
    users = np.random.default_rng(0).normal(size=(len(evaluation.ids["user"]), 3))
    movies = np.random.default_rng(1).normal(size=(len(evaluation.ids["movie"]), 3))
    scores = users @ movies.T
    ratings = np.zeros_like(scores)
    rows = np.searchsorted(evaluation.ids["user"], train.users)
    columns = np.searchsorted(evaluation.ids["movie"], train.movies)
    ratings[rows, columns] = train.values
    known = ratings > 0
    norms = (users**2).sum(axis=1), (movies**2).sum(axis=1)
    if alpha is None:
        penalty = 0.05 * sum((known.sum(axis=1 - i) * n).sum() for i, n in enumerate(norms))
        expected = ((ratings - scores)[known] ** 2).sum() + penalty
    else:
        penalty = 0.05 * sum(n.sum() for n in norms)
        expected = ((1 + alpha * ratings) * (known - scores) ** 2).sum() + penalty
    found = evaluation.objective(
        reelhouse_settings(task(split, "", alpha=alpha)),
        users.astype(np.float32),
        movies.astype(np.float32),
    )
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_process_measures_reelhouse_and_more_iterations_lower_the_objective(
    split, evaluated, tmp_path
):
    _, evaluation = evaluated
    objectives = []
    for iterations in (2, 8):
        asked = task(split, tmp_path, iterations=iterations, alpha=1.0, reg=10.0)
        command = [sys.executable, "-m", "benchmarks.peers.worker", asked.to_json()]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ})
        found = json.loads((tmp_path / "result.json").read_text())
        assert set(found["seconds"]) == {"pack", "iteration", "recommend_all"}
        assert 30 < found["peak_mb"] < 2_000
        with np.load(tmp_path / "factors.npz") as factors:
            settings = reelhouse_settings(asked)
            objectives.append(evaluation.objective(settings, factors["users"], factors["movies"]))
            ndcg = evaluation.ndcg(factors["users"], factors["movies"])
    assert objectives[1] < 0.99 * objectives[0]
    popularity = np.ones((len(evaluation.ids["user"]), 1), np.float32)
    assert ndcg > 1.1 * evaluation.ndcg(popularity, popularity_scores(evaluation))


def popularity_scores(evaluation):
    return evaluation.counts["movie"][:, None].astype(np.float32)


def test_implicit_reaches_the_objective_of_reelhouse():
    """Both minimise the same objective, so that many iterations end near the same value."""
    random = np.random.default_rng(0)
    pairs = np.unique(random.integers(0, 40, size=(600, 2)), axis=0)
    rows = Rows(pairs[:, 0] * 3, pairs[:, 1] * 7, random.integers(1, 6, len(pairs)).astype("f4"))
    asked = task("", "", iterations=200, factors=4, alpha=1.0, reg=10.0)
    evaluation = Evaluation(rows, rows.take(slice(50)), seed=1, threads=1)
    ours, theirs = (
        evaluation.objective(reelhouse_settings(asked), fitted.users, fitted.movies)
        for fitted in (SYSTEMS[name](rows, asked) for name in ("reelhouse", "implicit"))
    )
    assert theirs == pytest.approx(ours, rel=0.02)
