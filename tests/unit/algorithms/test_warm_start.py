"""An update continues the fits of the last build, and is as good as a fit that begins anew."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import Row

from benchmarks.damped_bias import damped_bias_factors
from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.algorithms.warm_start import WarmStart
from reelhouse.project import seed_rows

NEW_SHARE = 0.02
ITERATIONS = 2
NUMBERS = ("factors", "reg", "reg_exponent", "alpha", "unobserved_weight", "iterations")
LOWEST, HIGHEST, RELEVANT = 1.0, 5.0, 4.0


class Fitted(NamedTuple):
    """Factors (users, k) and (movies, k); zeros for ids without a row; and the losses."""

    users: np.ndarray
    movies: np.ndarray
    losses: list[float]
    table: pa.Table


def algorithm(name: str, **change: object) -> Row:
    """Return a row of seeds/algorithms.csv."""
    (texts,) = (row for row in seed_rows("algorithms") if row["algorithm"] == name)
    values = {key: float(texts[key]) if texts[key] else None for key in NUMBERS}
    whole = {key: int(values[key] or 0) for key in ("factors", "iterations")}
    named = {key: texts[key] for key in ("algorithm", "family", "feedback")}
    return Row(**named, strength_scale=1.0, **{**values, **whole, **change})


@pytest.fixture(scope="module")
def fitted(spark, movielens):
    train, _ = movielens

    def fit(row: Row, rows: RatingRows, spread: float = 1.0, **options: object) -> Fitted:
        columns = {
            "split": pa.array(["train"] * len(rows.values)),
            "user_id": rows.user_ids.astype(np.int64),
            "movie_id": rows.movie_ids.astype(np.int64),
            "value": rows.values / spread,
        }
        observations = spark.createDataFrame(pa.table(columns))
        job = FitJob(row, "all", 0, observations, spread, "")
        table = fit_als([job], seed=1, solver="cg", **options).read_all()
        sides = []
        for side, count in zip(("user", "movie"), train.shape, strict=True):
            of_side = table.filter(pa.compute.equal(table["side"], side))
            matrix = np.stack(of_side["factors"].to_numpy())
            sides.append(np.zeros((count, matrix.shape[1]), np.float32))
            sides[-1][of_side["id"].to_numpy()] = matrix
        (losses,) = (each for each in table["losses"].to_pylist() if each)
        return Fitted(*sides, losses, table)

    return fit


def split_at_random(rows: RatingRows) -> RatingRows:
    """Return the rows that the last build had: all but the new ones."""
    is_old = np.random.default_rng(2).random(len(rows.values)) >= NEW_SHARE
    return RatingRows(*(column[is_old] for column in rows))


def warm_start(spark, last: Fitted, **change: object) -> WarmStart:
    table = spark.createDataFrame(last.table.drop(["elapsed_seconds"]))
    return WarmStart(table, ITERATIONS, 0)._replace(**change)


def test_lists_are_as_good_as_those_of_a_new_fit(spark, movielens, fitted, error_of_lists):
    entries = movielens[0].tocoo()
    shares = np.minimum((entries.data - LOWEST) / (RELEVANT - LOWEST), 1)
    rows, row = RatingRows(entries.row, entries.col, shares), algorithm("als_graded")
    anew = fitted(row, rows)
    last = fitted(row, split_at_random(rows))
    continued = fitted(row, rows, warm_start=warm_start(spark, last))
    assert len(continued.losses) == ITERATIONS
    errors = [error_of_lists(each.users, each.movies) for each in (anew, continued)]
    assert errors[1] == pytest.approx(errors[0], abs=0.005)
    assert continued.losses[-1] <= 1.01 * anew.losses[-1]


def test_ratings_are_predicted_as_well_as_by_a_new_fit(spark, movielens, fitted):
    """Between both builds, the spread of the residuals changes."""
    train, test = movielens
    u, m = damped_bias_factors(train, 4)
    entries = train.tocoo()
    known = RatingRows(entries.row, entries.col, entries.data)
    bias, expected = (
        np.einsum("ij,ij->i", u[some.user_ids], m[some.movie_ids]) for some in (known, test)
    )
    rows, row = known._replace(values=known.values - bias), algorithm("als_residual")
    anew = fitted(row, rows, spread=0.9)
    last = fitted(row, split_at_random(rows), spread=0.85)
    continued = fitted(row, rows, spread=0.9, warm_start=warm_start(spark, last))

    def rmse(fit: Fitted) -> float:
        scores = np.einsum("ij,ij->i", fit.users[test.user_ids], fit.movies[test.movie_ids])
        errors = np.clip(expected + scores, LOWEST, HIGHEST) - test.values
        return float(np.sqrt(np.mean(errors**2)))

    assert len(continued.losses) == ITERATIONS
    assert rmse(continued) == pytest.approx(rmse(anew), abs=0.002)
    assert continued.losses[0] < anew.losses[0]


@pytest.mark.parametrize(
    ("change", "factors", "iterations"),
    [
        ({}, 8, ITERATIONS),
        ({"iterations": 20}, 8, 4),
        ({"forgotten_count": 1}, 8, 4),
        ({}, 9, 4),
    ],
)
def test_a_fit_begins_anew_after_a_person_is_forgotten(spark, fitted, change, factors, iterations):
    """It also does so if the last fit had another number of factors."""
    users, movies = np.divmod(np.arange(200), 10)
    rows = RatingRows(users, movies, np.cos(users * movies))
    row = algorithm("als_residual", factors=8, iterations=4)
    last = fitted(row, rows)
    other = algorithm("als_residual", factors=factors, iterations=4)
    options = {"warm_start": warm_start(spark, last, **change)}
    assert len(fitted(other, rows, **options).losses) == iterations
