"""Warm start: continue the fit of the last build, which an update does."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.algorithms.als_settings import rescaled
from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.als import Fit, Settings
from reelhouse.als.biases import Side
from reelhouse.als.settings import Floats, Ints


class WarmStart(NamedTuple):
    """The factors of the last build, and the number of iterations that continue them."""

    factors: DataFrame
    """Rows of als_factors."""
    iterations: int
    """Most iterations of a fit that continues an earlier one."""
    forgotten_count: int
    """Number of people whom the lake has forgotten. A fit that knew one of them is not continued,
    since its factors depend on the ratings of this person."""

    def of(self, job: FitJob, settings: Settings) -> tuple[Settings, Fit | None]:
        """Return the settings and the earlier fit of a job; None if it must begin anew."""
        is_of_job = (F.col(name) == value for name, value in job.labels.items())
        rows = self.factors
        for condition in is_of_job:
            rows = rows.where(condition)
        first = rows.where("losses is not null").first()
        if first is None or first["forgotten_count"] != self.forgotten_count:
            return settings, None
        if len(first["factors"]) != settings.width:
            return settings, None
        start = Fit(*_sides(rows, job, settings), [])
        return replace(settings, iterations=min(self.iterations, settings.iterations)), start


def _sides(
    rows: DataFrame, job: FitJob, settings: Settings
) -> tuple[dict[Side, Ints], dict[Side, Floats]]:
    ids: dict[Side, Ints] = {}
    factors: dict[Side, Floats] = {}
    sides: tuple[Side, Side] = ("user", "movie")
    for side in sides:
        table = rows.where(F.col("side") == side).select("id", "factors").orderBy("id").toArrow()
        ids[side] = table["id"].to_numpy()
        matrix = table["factors"].combine_chunks().flatten().to_numpy()
        matrix = matrix.reshape(len(ids[side]), -1).astype(np.float32)
        # The stored factors are those of ratings; the targets are divided by the spread.
        factors[side] = rescaled(settings, side, matrix, 1 / job.spread)
    return ids, factors
