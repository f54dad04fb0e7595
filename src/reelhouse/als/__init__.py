"""Alternating least squares: ratings in, factors out."""

from __future__ import annotations

import os
from typing import Literal

from pyspark.sql import DataFrame

from reelhouse.als.alternate import Fit, Iteration, alternate
from reelhouse.als.packed import LocalRatings
from reelhouse.als.settings import Settings, Solver
from reelhouse.errors import ReelhouseError

__all__ = ["Engine", "Fit", "Iteration", "Settings", "Solver", "alternate", "fit", "pack"]

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
    if engine != "native":
        raise ReelhouseError(f"the var als_engine is {engine}: set it to native or mllib")
    return alternate(pack(ratings), settings, seed=seed, label=label)


def pack(ratings: DataFrame) -> LocalRatings:
    """Collect ``user_id, movie_id, value`` and pack them in the driver, where they are solved."""
    table = ratings.select("user_id", "movie_id", "value").toArrow()
    threads = min(ratings.sparkSession.sparkContext.defaultParallelism, os.cpu_count() or 1)
    return LocalRatings(*(column.to_numpy() for column in table.columns), threads=threads)
