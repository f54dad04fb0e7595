"""Builds of ratings that are unlike MovieLens end well, and say what is missing or bad."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from reelhouse.commands.summary import summary_lines
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import Lake

pytestmark = pytest.mark.slow
NOON = 1112486400


def all_equal():
    """Of the same value and second: no newest to hold out."""
    return [(user, movie, 3, NOON) for user in range(9) for movie in range(7) if (user + movie) % 2]


def everything_rated():
    return [
        (user, movie, (user * movie) % 5 + 1, NOON + user + movie)
        for user in range(20)
        for movie in range(12)
    ]


def one_far_above():
    """One play count is far above all others."""
    rows = [
        (user, movie, (3 * user + movie) % 10 + 1, NOON + 60 * user + movie)
        for user in range(30)
        for movie in range(25)
        if (user + movie) % 3
    ]
    return [*rows, (1, 99, 1000, NOON + 9999)]


@pytest.mark.parametrize(
    ("ratings", "variables", "protocol", "algorithm", "reason"),
    [
        (all_equal, "{}", "global_time", "als_graded", "the protocol has no test rows"),
        (everything_rated, "{}", "random", "als_graded", None),
        (one_far_above, "{}", "global_time", "als_implicit", None),
        (
            one_far_above, "relevant_rating: 1000",
            "global_time", "als_implicit", "a fold has no relevant rating",
        ),
    ],
)  # fmt: skip
def test_a_build_ends_well(tmp_path, ratings, variables, protocol, algorithm, reason):
    rows = ratings()
    lines = "".join(f"{user},{movie},{rating},{at}\n" for user, movie, rating, at in rows)
    (tmp_path / "mine.csv").write_text("user,item,stars,time\n" + lines)
    lake = Lake(tmp_path / "lake", tmp_path / "mine.csv", variables)
    lake.dbt("build", "--exclude-resource-type", "unit_test")
    assert lake.table("interactions").num_rows == len(rows)
    compared = {
        (row["protocol"], row["algorithm"]): row["skipped_because"]
        for row in lake.table("model_comparison").to_pylist()
    }
    said = compared[protocol, algorithm]
    assert said is None if reason is None else reason in said


def test_the_best_on_a_wide_scale_serves_and_a_worse_one_that_a_var_names_is_a_warning(
    tmp_path: Path,
) -> None:
    """Ratings from -10 to 10; the var names the mean of all ratings."""
    chance = random.Random(0)
    movies = {f"item-{n:x}": chance.gauss(0, 3) for n in range(7000, 7150)}
    users = {f"user-{n:x}": chance.gauss(0, 2) for n in range(5000, 5300)}
    lines = [
        f"{user},{movie},{min(10, max(-10, round(users[user] + movies[movie] + noise)))}\n"
        for user in users
        for movie in movies
        if chance.random() < 0.2
        for noise in [chance.gauss(0, 4)]
    ]
    (tmp_path / "mine.csv").write_text("user,item,rating\n" + "".join(lines))
    lake = Lake(tmp_path / "lake", tmp_path / "mine.csv", '{"rating_algorithm": "global_mean"}')
    said = lake.dbt("build", "--exclude-resource-type", "unit_test")
    assert re.search(r"WARN 1 recommendations_are_not_worse_than_a_baseline", said)
    with LakeSession(lake.folder) as session:
        text = " ".join(" ".join(summary_lines(session)).split())
        errors = dict(
            session.execute(
                "select algorithm, rmse from model_comparison where protocol = 'random'"
            ).fetchall()
        )
        trials = session.execute("select algorithm, error from tuning_trials where metric = 'rmse'")
        best = min(trials.fetchall(), key=lambda row: row[1])[0]
    worse = "global_mean predicts significantly worse than the baseline damped_bias under random"
    assert f"warning {worse}" in text
    assert "set `rating_algorithm: " in text
    assert "global_mean predicts, since the var rating_algorithm names it" in text
    # The best on validation rows, which would serve, is no worse than any baseline.
    assert errors[best] <= errors["damped_bias"] + 0.005
