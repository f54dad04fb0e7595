"""Fit trials on the train rows and score them on the validation rows, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix

from reelhouse.algorithms.als import settings_from_row
from reelhouse.algorithms.bias import damped_bias_factors
from reelhouse.algorithms.ease import ease_weights
from reelhouse.algorithms.fit_jobs import (
    ALS_FAMILIES,
    RESIDUAL_FAMILIES,
    is_standardised,
    residual_spread,
    training_targets,
)
from reelhouse.algorithms.item_knn import item_knn_weights
from reelhouse.algorithms.rating_rows import collect_rows
from reelhouse.algorithms.svd import truncated_svd
from reelhouse.algorithms.validation import HeldOut, held_out_ratings, validation_metric
from reelhouse.als import Solver, driver_threads, fit_packed
from reelhouse.als.csr import find_positions
from reelhouse.als.fit import ValidationMetric
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Floats
from reelhouse.tuning.search import Trial, engine_version

TRIALS = pa.schema(
    [
        ("trial", pa.string()),
        ("algorithm", pa.string()),
        ("parameters", pa.string()),
        ("inputs", pa.string()),
        ("metric", pa.string()),
        ("error", pa.float64()),
        ("iterations", pa.int64()),
        ("seconds", pa.float64()),
        ("losses", pa.list_(pa.float64())),
        ("errors", pa.list_(pa.float64())),
        ("tried_at", pa.timestamp("us", tz="UTC")),
        ("asked_at", pa.timestamp("us", tz="UTC")),
    ]
)
MATRIX_CELLS = 200_000_000
"""Largest number of cells of a dense matrix. A trial needs a few matrices of this size."""
MOST_ITERATIONS = 30
"""Largest number of ALS iterations of a trial."""
PATIENCE = 2
"""A trial stops after this number of ALS iterations without a lower validation error."""


class Tuner:
    """Fits and scores trials; packs the train rows once for each kind of target."""

    def __init__(
        self,
        ratings: DataFrame,
        *,
        scale: DataFrame,
        solver: Solver,
        seed: int,
    ) -> None:
        """Prepare the train and validation rows of trials.

        Parameters
        ----------
        ratings
            ``split, user_id, movie_id, rating, is_relevant, residual``.
        scale
            The single row of int_rating_scale.
        solver
            Solver of ALS.
        seed
            Seed of the initial factors and of the order of ties.
        """
        self._ratings = ratings.cache()
        self._scale = scale.collect()[0]
        self._solver, self._seed = solver, seed
        self._threads = driver_threads(ratings)
        self._spread = residual_spread(self._ratings.where("split = 'train'"))
        self._packed: dict[tuple[str, bool, bool], tuple[LocalRatings, ValidationMetric]] = {}
        rows = F.sum(F.xxhash64("user_id", "movie_id", "split", "rating") % 2**31)
        # Spark adds doubles in varying order, so the last digits of a sum may differ between runs.
        residual = F.round(F.avg(F.abs("residual")), 6)
        self._rows_fingerprint = self._ratings.agg(F.count("*"), rows, residual).collect()[0]

    def inputs_fingerprint(self, trial: Trial) -> str:
        """Return a fingerprint of everything but the tried parameters that a result depends on."""
        count, rows, residual = self._rows_fingerprint
        row = trial.algorithm
        scale = [self._scale[name] for name in ("rating_min", "rating_max", "relevant_rating")]
        parts = [count, rows, scale, self._seed, engine_version()]
        # Predictions fall back to the damped biases; the family ``bias`` fits its own.
        if row["feedback"] == "explicit" and row["family"] != "bias":
            parts.append(residual)
        if row["family"] in ALS_FAMILIES:
            parts.append(self._solver)
        return "-".join(map(str, [*parts, trial.untuned_fingerprint()]))

    def fits_in_memory(self, trial: Trial) -> bool:
        """Return whether the dense matrices of ``item_knn`` and ``ease`` fit in memory."""
        if trial.algorithm["family"] not in ("item_knn", "ease"):
            return True
        ids = self._packed_rows(trial.row)[0].ids
        return max(len(ids["user"]), len(ids["movie"])) * len(ids["movie"]) <= MATRIX_CELLS

    def score(self, trial: Trial) -> dict[str, Any]:
        """Fit a trial and compute its validation error, as columns of ``TRIALS``."""
        row = trial.row
        packed, metric = self._packed_rows(row)
        began = monotonic()
        losses: list[float] = []
        iterations = None
        if row["family"] in ALS_FAMILIES:
            settings = replace(settings_from_row(row, self._solver), iterations=MOST_ITERATIONS)
            fitted = fit_packed(
                packed, settings, seed=self._seed, validation_metric=metric, patience=PATIENCE
            )
            losses = [each.loss for each in fitted.iterations]
            errors = [each.error for each in fitted.iterations if each.error is not None]
            iterations = fitted.best_iteration.iteration
        elif row["family"] == "bias":
            scores = _damped_scores(packed, self._held_out, row["reg"])
            errors = [self._held_out.rmse(scores)]
        else:
            errors = [metric(*_fit_factors(row, packed, self._seed))]
        return {
            "metric": "rmse" if row["feedback"] == "explicit" else "ndcg_at_10",
            "error": min(errors),
            "iterations": iterations,
            "seconds": monotonic() - began,
            "losses": losses,
            "errors": errors,
        }

    @cached_property
    def _held_out(self) -> HeldOut:
        return held_out_ratings(self._ratings, self._scale)

    def _packed_rows(self, row: Row) -> tuple[LocalRatings, ValidationMetric]:
        kind = (row["feedback"], row["family"] in RESIDUAL_FAMILIES, is_standardised(row))
        if kind not in self._packed:
            spread = self._spread if is_standardised(row) else 1.0
            rows = training_targets(self._ratings, row, self._scale, spread)
            packed = LocalRatings(
                *collect_rows(rows.where("split = 'train'")), threads=self._threads
            )
            metric = validation_metric(
                row,
                packed.ids,
                self._ratings,
                self._scale,
                spread=spread,
                seed=self._seed,
                threads=self._threads,
            )
            self._packed[kind] = packed, metric
        return self._packed[kind]


def _matrix(packed: LocalRatings) -> csr_matrix:
    """Return packed values (users, movies)."""
    csr = packed.csr["user"]
    shape = (len(packed.ids["user"]), len(packed.ids["movie"]))
    return csr_matrix((csr.values, csr.columns, csr.indptr), shape)


def _fit_factors(row: Row, packed: LocalRatings, seed: int) -> tuple[Floats, Floats]:
    """Fit a family without iterations; return factors (users, k) and (movies, k)."""
    matrix = _matrix(packed)
    if row["family"] == "svd":
        return truncated_svd(matrix, row["factors"])
    if row["family"] == "item_knn":
        weights = item_knn_weights(
            matrix,
            packed.ids["movie"],
            neighbours=row["neighbours"],
            shrinkage=row["shrinkage"],
            seed=seed,
        ).toarray()
    else:
        weights = ease_weights(matrix, row["reg"])
    return matrix.toarray(), weights


def _damped_scores(packed: LocalRatings, held_out: HeldOut, damping: float) -> Any:
    """Return global mean + biases (n,) of held-out ratings; an unknown bias is 0."""
    users, movies = damped_bias_factors(_matrix(packed), damping)
    rows, has_user = find_positions(packed.ids["user"], held_out.rows.user_ids)
    columns, has_movie = find_positions(packed.ids["movie"], held_out.rows.movie_ids)
    mean = packed.csr["user"].values.mean(dtype=np.float64)
    return (
        mean
        + np.where(has_user, users[rows, 0], 0)
        + np.where(has_movie, movies[columns, 1] - mean, 0)
    )


def run_batch(
    tuner: Tuner,
    trials: Iterable[Trial],
    known: Mapping[str, Mapping[str, Any]],
    *,
    seconds: float,
) -> pa.Table:
    """Return the rows of ``TRIALS`` of ``trials``; run new trials until the time is over.

    Parameters
    ----------
    tuner
        Fits and scores the trials.
    trials
        Trials to run. Trials that do not fit in memory are left out.
    known
        Rows of earlier trials by cache key. A known trial is not run again: only its ``asked_at``
        changes.
    seconds
        Time after which no other trial starts. At least one new trial runs.
    """
    began, now = monotonic(), datetime.now(UTC)
    rows: dict[str, dict[str, Any]] = {}
    new_count = 0
    for trial in trials:
        inputs = tuner.inputs_fingerprint(trial)
        key = trial.key(inputs)
        if key in rows:  # the same values were drawn before
            continue
        if key in known:
            rows[key] = {**known[key], "asked_at": now}
        elif tuner.fits_in_memory(trial) and (new_count == 0 or monotonic() - began < seconds):
            new_count += 1
            rows[key] = {
                "trial": key,
                "algorithm": trial.algorithm["algorithm"],
                "parameters": json.dumps(trial.parameters),
                "inputs": inputs,
                **tuner.score(trial),
                "tried_at": datetime.now(UTC),
                "asked_at": now,
            }
    return pa.Table.from_pylist(list(rows.values()), schema=TRIALS)
