"""RMSE of held-out ratings, computed as in the models ``predictions`` and ``rating_metrics``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.algorithms.held_out_lists import refuse_unknown_pairs
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.als.biases import Side
from reelhouse.als.fitting import ValidationMetric
from reelhouse.als.ids import find_positions
from reelhouse.als.settings import Floats, Ints


class HeldOut(NamedTuple):
    """Ratings (n,) to predict, on a scale from ``lowest`` to ``highest``.

    ``baselines`` (n,) are the sums of the global mean and the damped biases: the predictions for
    pairs whose user or movie has no row in the fit.
    """

    rows: RatingRows
    baselines: NDArray[np.float64]
    lowest: float
    highest: float

    def rmse(self, scores: NDArray[np.float64]) -> float:
        """Return the RMSE of scores (n,) clipped to the scale, as in ``rating_metrics``."""
        predictions = np.clip(scores, self.lowest, self.highest)
        return float(np.sqrt(np.mean((predictions - self.rows.values) ** 2)))


def held_out_ratings(ratings: DataFrame, scale: Row) -> HeldOut:
    """Return the validation rows of ``split, user_id, movie_id, rating, residual``.

    ``scale`` is the row of int_rating_scale.
    """
    validation = ratings.where("split = 'validation'").withColumn("value", F.col("rating"))
    # One query, so that rows and residuals have the same order.
    table = validation.select("user_id", "movie_id", "value", "residual").toArrow()
    *columns, residuals = (column.to_numpy() for column in table.columns)
    rows = RatingRows(*columns)
    return HeldOut(rows, rows.values - residuals, scale["rating_min"], scale["rating_max"])


def rmse_metric(
    ids: dict[Side, Ints], held_out: HeldOut, *, predicts_residuals: bool, spread: float = 1.0
) -> ValidationMetric:
    """Return a metric: the RMSE of held-out ratings, predicted as in the model ``predictions``.

    With ``predicts_residuals``, the factors predict the rating minus the baseline; without it, the
    rating. Scores are multiplied by ``spread``, because the targets of the fit were divided by it.
    """
    users, has_user = find_positions(ids["user"], held_out.rows.user_ids)
    movies, has_movie = find_positions(ids["movie"], held_out.rows.movie_ids)
    known = has_user & has_movie
    refuse_unknown_pairs(known)
    users, movies = users[known], movies[known]

    def metric(user_factors: Floats, movie_factors: Floats) -> float:
        scores = held_out.baselines.copy()
        products = np.einsum("ij,ij->i", user_factors[users], movie_factors[movies]) * spread
        scores[known] = scores[known] + products if predicts_residuals else products
        return held_out.rmse(scores)

    return metric
