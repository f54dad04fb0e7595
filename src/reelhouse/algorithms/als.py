"""Fits the ALS rows of seeds/algorithms.csv under every protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import Row

from reelhouse.algorithms.fit_jobs import Run
from reelhouse.algorithms.tables import FACTORS, factor_table
from reelhouse.als import Fit, Settings, Solver, fit, fold_in_users
from reelhouse.arrow import constant_table
from reelhouse.errors import ReelhouseError

COSTS = ("iteration", "loss", "seconds")
FITTED = pa.schema(
    [
        *FACTORS,
        ("iteration", pa.int32()),
        ("loss", pa.float64()),
        ("seconds", pa.float64()),
    ]
)


def fit_als(
    runs: Iterable[Run],
    *,
    seed: int,
    solver: Solver,
) -> pa.Table:
    """Fit every run of the ALS families; return one table of factors and costs.

    A row of the table holds either the factors of a user or movie (``side, id, factors``) or the
    cost of an iteration (``iteration, loss, seconds``).
    """
    tables = [FITTED.empty_table()]
    for run in runs:
        settings = settings_of(run.algorithm, solver)
        try:
            rows = run.observations.where("split <> 'fold_in'").drop("split")
            fitted = fit(rows, settings, seed=seed, label=run.label)
        except ReelhouseError as error:
            raise run.refused(error) from error
        tables += _tables(fitted, run, settings)
    return pa.concat_tables(tables)


def settings_of(row: Row, solver: Solver) -> Settings:
    """The settings that a row of seeds/algorithms.csv states."""
    parameters: dict[str, Any] = {n: row[n] for n in Settings.__dataclass_fields__ if n in row}
    return Settings(**parameters, biases=row["family"] == "biased_als", solver=solver)


def _tables(fitted: Fit, run: Run, settings: Settings) -> Iterator[pa.Table]:
    for side, ids in fitted.ids.items():
        yield factor_table(FITTED, run, side, ids, fitted.factors[side])
    folded_in = run.rows("split = 'fold_in'")
    if len(folded_in.values):
        yield factor_table(FITTED, run, "user", *fold_in_users(settings, fitted, *folded_in))
    costs = {name: [getattr(cost, name) for cost in fitted.iterations] for name in COSTS}
    yield constant_table(FITTED, len(fitted.iterations), **run.labels, **costs)
