"""ALS: fit the families ``als`` and ``biased_als`` of seeds/algorithms.csv."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import Row

from reelhouse.algorithms.fit_jobs import FitJob
from reelhouse.algorithms.tables import FACTORS, factor_table
from reelhouse.als import Fit, Settings, Solver, fit, fold_in_users
from reelhouse.arrow import constant_table

COST_COLUMNS = ("iteration", "loss", "seconds")
ALS_FITS = pa.schema(
    [
        *FACTORS,
        ("iteration", pa.int32()),
        ("loss", pa.float64()),
        ("seconds", pa.float64()),
    ]
)


def fit_als(jobs: Iterable[FitJob], *, seed: int, solver: Solver) -> pa.Table:
    """Run fit jobs of the ALS families; return one table of factors and costs.

    A row of the table holds either the factors of a user or movie (``side, id, factors``) or the
    cost of an iteration (``iteration, loss, seconds``).
    """
    tables = [ALS_FITS.empty_table()]
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


def _fit_tables(fitted: Fit, job: FitJob, settings: Settings) -> Iterator[pa.Table]:
    for side, ids in fitted.ids.items():
        yield factor_table(ALS_FITS, job, side, ids, fitted.factors[side])
    folded_in = job.rows("split = 'fold_in'")
    if len(folded_in.values):
        yield factor_table(ALS_FITS, job, "user", *fold_in_users(settings, fitted, *folded_in))
    costs = {name: [getattr(cost, name) for cost in fitted.iterations] for name in COST_COLUMNS}
    yield constant_table(ALS_FITS, len(fitted.iterations), **job.labels, **costs)
