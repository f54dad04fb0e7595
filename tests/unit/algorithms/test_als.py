"""ALS with biases beside its naive version."""

from dataclasses import replace

import numpy as np

from benchmarks.damped_bias import damped_bias_factors
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.algorithms.validation import HeldOut, rmse_metric
from reelhouse.als import Settings, fit_packed
from reelhouse.als.ratings import LocalRatings


def test_biases_fitted_beside_factors_predict_better_than_damped_ones(movielens):
    """The naive version of biased_als: factors of the residuals from fixed biases."""
    train, test = movielens
    u, m = damped_bias_factors(train, 4)
    entries = train.tocoo()
    rows = RatingRows(entries.row, entries.col, entries.data)
    baselines, expected = (
        np.einsum("ij,ij->i", u[some.user_ids], m[some.movie_ids]) for some in (rows, test)
    )
    packed = LocalRatings(*rows[:2], rows.values - baselines, threads=2)
    settings = Settings(factors=32, reg=1.3, iterations=8, feedback="explicit", reg_exponent=0.5)
    metric = rmse_metric(packed.ids, HeldOut(test, expected, 1.0, 5.0), predicts_residuals=True)

    def error(**change):
        changed = replace(settings, **change)
        return fit_packed(packed, changed, seed=1, validation_metric=metric).best_iteration.error

    assert error(biases=True) < error() - 0.002
