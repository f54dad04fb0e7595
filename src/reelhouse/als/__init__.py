"""Alternating least squares: ratings in, factors out."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import DataFrame

from reelhouse.als.alternate import Fit, Iteration, alternate
from reelhouse.als.packed import LocalRatings, PackedRatings
from reelhouse.als.settings import Settings

__all__ = ["Engine", "Fit", "Iteration", "Settings", "alternate", "fit", "pack"]

Engine = Literal["native", "mllib"]


def fit(
    ratings: DataFrame,
    settings: Settings,
    *,
    seed: int,
    engine: Engine = "native",
    label: str = "als",
) -> Fit:
    """Fit ``user_id bigint, movie_id bigint, value``, one row a pair, by the chosen engine."""
    if engine == "mllib":
        from reelhouse.als.mllib import fit_by_mllib

        return fit_by_mllib(ratings, settings, seed=seed)
    return alternate(pack(ratings), settings, seed=seed, label=label)


def pack(ratings: DataFrame) -> PackedRatings:
    """Collect ``user_id, movie_id, value`` and pack them in the driver, where they are solved."""
    table = ratings.select("user_id", "movie_id", "value").toArrow()
    return LocalRatings(*(column.to_numpy() for column in table.columns))
