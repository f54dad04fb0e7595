"""ALS: fit the families ``als`` and ``biased_als`` of seeds/algorithms.csv."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Row

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.tables import ALS_FACTORS, factor_table
from reelhouse.als import Fit, Settings, Solver, fit, fold_in_users
from reelhouse.als.half_steps import BIAS, Side, other_side
from reelhouse.als.settings import Floats
from reelhouse.arrow import repeated_list


def fit_als(jobs: Iterable[FitJob], *, seed: int, solver: Solver) -> pa.Table:
    """Run fit jobs of the ALS families; return one table with the columns of ``ALS_FACTORS``."""
    tables = [ALS_FACTORS.empty_table()]
    for job in jobs:
        with job.labelled_errors():
            settings = settings_from_row(job.algorithm, solver)
            rows = job.observations.where("split <> 'fold_in'").drop("split")
            fitted = fit(rows, settings, seed=seed, label=job.label)
        tables += _fit_tables(fitted, job, settings)
    return pa.concat_tables(tables)


def settings_from_row(row: Row, solver: Solver) -> Settings:
    """Return the settings in a row of seeds/algorithms.csv."""
    parameters: dict[str, Any] = {n: row[n] for n in Settings.__dataclass_fields__ if n in row}
    return Settings(**parameters, biases=row["family"] == "biased_als", solver=solver)


def rescaled(settings: Settings, side: Side, factors: Floats, spread: float) -> Floats:
    """Return factors (rows, k) whose scores are ``spread`` times those of ``factors``.

    Both sides share the change: each factor is multiplied by the square root of ``spread``, and a
    bias, which the other side multiplies by 1, by ``spread``.
    """
    powers = np.full(settings.width, 0.5)
    if settings.biases:
        powers[BIAS[side]], powers[BIAS[other_side(side)]] = 1, 0
    return (factors * spread**powers).astype(np.float32)


def _fit_tables(fitted: Fit, job: FitJob, settings: Settings) -> Iterator[pa.Table]:
    factors = [(side, ids, fitted.factors[side]) for side, ids in fitted.ids.items()]
    folded_in = job.rows("split = 'fold_in'")
    if len(folded_in.values):
        factors.append(("user", *fold_in_users(settings, fitted, *folded_in)))
    losses = np.array([cost.loss * job.spread**2 for cost in fitted.iterations])
    seconds = np.array([cost.seconds for cost in fitted.iterations])
    for side, ids, matrix in factors:
        yield factor_table(
            ALS_FACTORS,
            job,
            side,
            ids,
            rescaled(settings, side, matrix, job.spread),
            losses=repeated_list(losses, len(ids)),
            elapsed_seconds=repeated_list(seconds, len(ids)),
        )
