"""Builds of ratings that leave little to learn or to test end well, and say what is not there."""

from __future__ import annotations

import pytest

from tests.python.e2e.conftest import Lake

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
        (all_equal, "{}", "global_time", "als_graded", "leaves nothing to test"),
        (everything_rated, "{}", "random", "als_graded", None),
        (one_far_above, "{}", "global_time", "als_implicit", None),
        (
            one_far_above, "relevant_rating: 1000",
            "global_time", "als_implicit", "no rating of its fit is relevant",
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
