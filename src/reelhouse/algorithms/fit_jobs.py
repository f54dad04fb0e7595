"""Yield the fits of a build: one for each enabled algorithm, protocol and fold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.algorithms.als_settings import (
    ALS_FAMILIES,
    RESIDUAL_FAMILIES,
    is_standardised,
)
from reelhouse.algorithms.rating_rows import RatingRows, collect_rows
from reelhouse.als.settings import check_above_0
from reelhouse.errors import ReelhouseError
from reelhouse.frames import with_short_plan

RATING_COLUMNS = ["split", "user_id", "movie_id", "rating", "strength", "is_relevant", "residual"]


class FitJob(NamedTuple):
    """One fit: an algorithm on the observations of a protocol and fold.

    Attributes
    ----------
    algorithm
        A row of seeds/algorithms.csv.
    protocol, fold
        Names of the split into train, validation and test rows.
    observations
        ``split, user_id, movie_id, value``: the rows of ``training_targets``.
    spread
        Number by which the targets are divided: the root mean square of the fit's residuals, or 1
        if the targets are not standardised.
    error_hint
        Text that follows the name of the fit in an error.
    """

    algorithm: Row
    protocol: str
    fold: int
    observations: DataFrame
    spread: float
    error_hint: str

    @property
    def labels(self) -> dict[str, Any]:
        """Return the columns that name the fit in a table."""
        return {
            "algorithm": self.algorithm["algorithm"],
            "protocol": self.protocol,
            "fold": self.fold,
        }

    @property
    def label(self) -> str:
        """Return the name of the fit for a line of the terminal."""
        return " ".join(str(value) for value in self.labels.values())

    @contextmanager
    def labelled_errors(self) -> Iterator[None]:
        """Put the name of the fit in front of errors that the user can correct."""
        try:
            yield
        except ReelhouseError as error:
            raise ReelhouseError(f"{self.label}{self.error_hint}: {error}") from error

    def rows(self, splits: str = "split <> 'fold_in'") -> RatingRows:
        """Return the observations of some splits as arrays; by default, the fitted ones."""
        return collect_rows(self.observations.where(splits))


def fit_jobs(
    plan: DataFrame,
    ratings: DataFrame,
    families: Sequence[str],
    *,
    scale: DataFrame,
) -> Iterator[FitJob]:
    """Yield the fits of some families, fold by fold.

    Parameters
    ----------
    plan
        Rows of int_fit_plan: the columns of seeds/algorithms.csv, ``protocol, fold,
        skipped_because``.
    ratings
        The rows of int_training_targets: ``protocol, fold`` and ``RATING_COLUMNS``.
    families
        The families of algorithms to fit.
    scale
        The single row of int_rating_scale.
    """
    is_fitted = F.col("family").isin(*families) & F.col("skipped_because").isNull()
    rows = plan.where(is_fitted).orderBy("protocol", "fold", "algorithm").collect()
    if not rows:
        return
    scale_row = scale.collect()[0]
    for (protocol, fold), algorithms in groupby(rows, lambda row: (row["protocol"], row["fold"])):
        is_in_fold = (F.col("protocol") == protocol) & (F.col("fold") == fold)
        in_fold = ratings.where(is_in_fold).select(*RATING_COLUMNS)
        fold_ratings = with_short_plan(in_fold).cache()
        try:
            fold_spread = residual_spread(fold_ratings.where("split <> 'fold_in'"))
            for row in algorithms:
                spread = fold_spread if is_standardised(row) else 1.0
                observations = training_targets(fold_ratings, row, scale_row, spread)
                yield FitJob(row, protocol, fold, observations, spread, _hint(row, scale_row))
        finally:
            fold_ratings.unpersist()


def _hint(algorithm: Row, scale: Row) -> str:
    """Return the end of an error, which says to which ratings an implicit algorithm is fitted."""
    if algorithm["feedback"] != "implicit" or scale["relevant_rating"] is None:
        return ""
    return f", ratings from {scale['relevant_rating']:g} up"


def residual_spread(ratings: DataFrame) -> float:
    """Return the root mean square of the column ``residual``; 1 if all residuals are 0."""
    spread = ratings.agg(F.sqrt(F.avg(F.col("residual") ** 2))).collect()[0][0]
    # Spark adds doubles in varying order, so the last digits may differ between runs.
    return float(f"{spread or 1.0:.6g}")


def training_targets(
    ratings: DataFrame, algorithm: Row, scale: Row, spread: float = 1.0
) -> DataFrame:
    """Return ``split, user_id, movie_id, value``: the observations to which an algorithm is fitted.

    The value depends on the algorithm's feedback. Explicit: the rating, or its residual, divided by
    the spread. Implicit: 1 for a relevant rating; other ratings are left out. Graded: from 0 for
    the lowest rating of the scale to 1 for a relevant rating or an event.

    Events: with a ``strength_scale`` s, the implicit value of an event of strength n is
    log(1 + n / s) / log(1 + 1 / s), which is 1 for the strength 1; otherwise it is 1.

    Parameters
    ----------
    ratings
        ``split, user_id, movie_id, rating, strength, is_relevant, residual``.
    algorithm
        A row of seeds/algorithms.csv.
    scale
        The row of int_rating_scale.
    spread
        Number by which explicit values are divided.
    """
    if algorithm["feedback"] == "implicit":
        ratings, value = ratings.where("is_relevant"), _confidence(algorithm)
    elif algorithm["feedback"] == "graded":
        lowest, relevant = scale["rating_min"] or 0.0, scale["relevant_rating"] or 0.0
        share = (F.col("rating") - lowest) / max(relevant - lowest, 1e-9)
        value = F.when(F.col("is_relevant"), 1.0).otherwise(F.least(share, F.lit(1.0)))
    else:
        target = "residual" if algorithm["family"] in RESIDUAL_FAMILIES else "rating"
        value = F.col(target) / spread
    return ratings.select("split", "user_id", "movie_id", value.alias("value"))


def _confidence(algorithm: Row) -> Column:
    """Return the implicit value of a row: 1, or a value that grows with the event's strength."""
    scale = algorithm["strength_scale"]
    if algorithm["family"] not in ALS_FAMILIES:
        return F.lit(1.0)
    check_above_0("strength_scale", scale)
    strength = F.log1p(F.col("strength") / scale) / math.log1p(1 / scale)
    return F.coalesce(strength, F.lit(1.0))
