"""Which algorithms a build tries, and which a batch of `make tune` tries."""

import json

import pytest

from reelhouse.tuning.search import PARAMETERS
from reelhouse.tuning.size_limits import SizeLimits
from reelhouse.tuning.trials import run_trials
from reelhouse.tuning.tuner import TRIALS

SEED = (
    *("algorithm string", "family string", "feedback string", "iterations bigint"),
    *(f"{name} {'bigint' if name == 'factors' else 'double'}" for name in PARAMETERS),
    *("rating_limit bigint", "enabled boolean"),
)


@pytest.fixture(scope="module")
def run(spark, ratings):
    """Run trials of `damped_bias` and `popularity`, which have no parameters, and of `svd`."""
    empty = dict.fromkeys(("iterations", "rating_limit", *PARAMETERS))
    names = [("damped_bias", "bias", "explicit"), ("popularity", "popularity", None)]
    algorithms = [
        *({"algorithm": a, "family": f, "feedback": b, **empty} for a, f, b in names),
        {"algorithm": "svd", "family": "svd", "feedback": "explicit", **empty, "factors": 2},
    ]
    rows = [{**row, "enabled": True} for row in algorithms]
    seed = spark.createDataFrame(rows, ", ".join(SEED))
    grid = spark.createDataFrame(
        [("svd", "factors", "1|2", None, None), ("popularity", "strength_scale", "1", None, None)],
        "algorithm string, parameter string, candidates string, lowest double, highest double",
    )

    def run(*, has_ratings=True, scales=1, earlier=None, **options):
        scale = spark.createDataFrame(
            [(1.0, 5.0, 4.0, has_ratings)] * scales,
            "rating_min double, rating_max double, relevant_rating double, has_ratings boolean",
        )
        table = run_trials(
            ratings,
            **{"scale": scale, "algorithms": seed, "grid": grid, "earlier": earlier},
            **{"splits": ratings.selectExpr("*", "'all' as protocol")},
            **{"limits": SizeLimits(10**6, 100), "solver": "cg", "seed": 1},
            **{"tune": "", "seconds": 0, "draws": 0, "chosen": [], **options},
        )
        assert table.schema == TRIALS
        return [(row["algorithm"], json.loads(row["parameters"])) for row in table.to_pylist()]

    return run


def test_a_build_tries_strengths_of_every_algorithm(run):
    assert run() == [
        *(("damped_bias", {}), ("popularity", {}), ("svd", {"factors": 2})),
        *(("svd", {"factors": 1}), ("svd", {"factors": 6})),
    ]


def test_events_have_no_trials_of_algorithms_that_predict_ratings(run):
    assert run(has_ratings=False) == [("popularity", {})]


def test_a_batch_tries_the_grid_of_the_chosen_algorithms(run):
    # Ratings have no strengths, so the row of `popularity` in the grid has no effect.
    assert run(seconds=100) == [("svd", {"factors": 2}), ("svd", {"factors": 1})]
    assert run(seconds=100, chosen=["damped_bias"]) == []


@pytest.mark.parametrize("options", [{"tune": "no"}, {"scales": 0}])
def test_a_build_without_trials_or_without_ratings_has_none(run, options):
    assert run(**options) == []


def test_tuning_makes_trials_even_if_builds_make_none(run):
    assert run(tune="no", seconds=100) != []
