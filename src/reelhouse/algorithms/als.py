"""ALS: fit the families ``als`` and ``biased_als`` of seeds/algorithms.csv."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from reelhouse.algorithms.als_settings import rescaled, settings_from_row
from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.tables import ALS_FACTORS, factor_table
from reelhouse.algorithms.warm_start import WarmStart
from reelhouse.als import Fit, Settings, Solver, fit, fold_in_users
from reelhouse.arrow import stream


def fit_als(
    jobs: Iterable[FitJob],
    *,
    seed: int,
    solver: Solver,
    forgotten_count: int = 0,
    warm_start: WarmStart | None = None,
) -> pa.RecordBatchReader:
    """Return a reader that runs fit jobs of the ALS families one by one while it is read.

    The reader has the columns of ``ALS_FACTORS``.

    Args:
        jobs: the fits.
        seed: seed of the initial factors.
        solver: ``cg`` or ``cholesky``.
        forgotten_count: number of people whom the lake has forgotten, which is stored.
        warm_start: the factors of the last build, which the fits continue.
    """

    def fit_tables() -> Iterator[pa.Table]:
        for job in jobs:
            with job.labelled_errors():
                settings = settings_from_row(job.algorithm, solver)
                rows = job.observations.where("split <> 'fold_in'").drop("split")
                settings, start = warm_start.of(job, settings) if warm_start else (settings, None)
                fitted = fit(rows, settings, seed=seed, start=start, label=job.label)
            yield from _fit_tables(fitted, job, settings, forgotten_count)

    return stream(ALS_FACTORS, fit_tables())


def _fit_tables(
    fitted: Fit, job: FitJob, settings: Settings, forgotten_count: int
) -> Iterator[pa.Table]:
    factors = [(side, ids, fitted.factors[side]) for side, ids in fitted.ids.items()]
    folded_in = job.rows("split = 'fold_in'")
    if len(folded_in.values):
        factors.append(("user", *fold_in_users(settings, fitted, *folded_in)))
    for side, ids, matrix in factors:
        costs: dict[str, list[Any]] = {}
        if side == "movie":
            costs = _cost_columns(fitted, len(ids), job.spread)
            costs["forgotten_count"] = [forgotten_count, *[None] * (len(ids) - 1)]
        scaled = rescaled(settings, side, matrix, job.spread)
        yield factor_table(ALS_FACTORS, job, side, ids, scaled, **costs)


def _cost_columns(fitted: Fit, count: int, spread: float) -> dict[str, list[Any]]:
    """Return ``losses`` and ``elapsed_seconds`` for ``count`` rows, with nulls after the first.

    A loss is multiplied by the square of ``spread``, and is then in squared units of the ratings.
    """
    costs = {
        "losses": [each.loss * spread**2 for each in fitted.iterations],
        "elapsed_seconds": [each.seconds for each in fitted.iterations],
    }
    return {name: [values, *[None] * (count - 1)] for name, values in costs.items()}
