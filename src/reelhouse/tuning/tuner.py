"""Fit trials to the train rows and evaluate them on the validation rows, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from math import inf
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix

from reelhouse.algorithms.als import settings_from_row
from reelhouse.algorithms.bayesian_mf import error_of_averages
from reelhouse.algorithms.ease import ease_weights
from reelhouse.algorithms.fit_jobs import (
    ALS_FAMILIES,
    RESIDUAL_FAMILIES,
    is_standardised,
    residual_spread,
    training_targets,
)
from reelhouse.algorithms.held_out_lists import Factors, HeldOutLists, collect_lists
from reelhouse.algorithms.item_knn import item_knn_weights
from reelhouse.algorithms.means import mean_factors
from reelhouse.algorithms.rating_rows import collect_rows
from reelhouse.algorithms.svd import truncated_svd
from reelhouse.algorithms.validation import HeldOut, held_out_ratings, rmse_metric
from reelhouse.als import Solver, driver_threads, fit_packed
from reelhouse.als.fit import ValidationMetric
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Floats
from reelhouse.errors import ReelhouseError
from reelhouse.tuning.search import Trial, engine_version

TRIALS = pa.schema(
    [
        ("trial", pa.string()),
        ("algorithm", pa.string()),
        ("parameters", pa.string()),
        ("inputs", pa.string()),
        ("defaults", pa.int64()),
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


class SizeLimits(NamedTuple):
    """The vars ``item_knn_pair_limit`` and ``ease_movie_limit``."""

    item_knn_pairs: int
    ease_movies: int


class Tuner:
    """Fits and evaluates trials. It packs the train rows once for each kind of target."""

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
            ``split, user_id, movie_id, rating, strength, is_relevant, residual``.
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
        self._packed: dict[tuple[Any, ...], tuple[LocalRatings, ValidationMetric]] = {}

    @cached_property
    def rating_count(self) -> int:
        """Number of train and validation rows."""
        return int(self._ratings.count())

    @cached_property
    def inputs(self) -> str:
        """Fingerprint of the inputs of a trial, without the row of its algorithm."""
        rows = F.sum(F.xxhash64("user_id", "movie_id", "split", "rating", "strength") % 2**31)
        # Spark adds doubles in varying order, so the last digits of a sum may differ between runs.
        residual = F.round(F.avg(F.abs("residual")), 6)
        fingerprint = self._ratings.agg(rows, residual).collect()[0]
        scale = [self._scale[name] for name in ("rating_min", "rating_max", "relevant_rating")]
        parts = [self.rating_count, *fingerprint, *scale, self._solver, self._seed]
        parts.append(engine_version())
        return "-".join(map(str, parts))

    def is_within(self, limits: SizeLimits, trial: Trial) -> bool:
        """Return whether the ratings are within the size limits of a trial's algorithm."""
        row = trial.row
        packed = self._packed_rows(row)[0]
        users, movies = len(packed.ids["user"]), len(packed.ids["movie"])
        if row["family"] in ("item_knn", "ease") and max(users, movies) * movies > MATRIX_CELLS:
            return False  # the weights and the scores of all users are dense matrices
        if row["family"] == "item_knn":
            return int(np.sum(packed.counts["user"] ** 2)) <= limits.item_knn_pairs
        if row["family"] == "ease":
            return movies <= limits.ease_movies
        return row["rating_limit"] is None or self.rating_count <= row["rating_limit"]

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
        elif row["family"] == "popularity":
            ones = np.ones((len(packed.ids["user"]), 1), np.float32)
            errors = [metric(ones, packed.counts["movie"][:, None].astype(np.float32))]
        elif row["family"] == "bias":
            errors = [self._held_out.rmse(self._held_out.baselines)]
        elif row["family"] == "bayesian_mf":
            errors = [error_of_averages(row, packed, self._held_out, seed=self._seed)]
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

    def fit(self, row: Row) -> Factors:
        """Fit a row of a family that can be blended to the train rows; return its factors."""
        packed = self._packed_rows(row)[0]
        if row["family"] in ALS_FAMILIES:
            settings = settings_from_row(row, self._solver)
            factors = fit_packed(packed, settings, seed=self._seed).factors
            return Factors(packed.ids, factors["user"], factors["movie"])
        return Factors(packed.ids, *_fit_factors(row, packed, self._seed))

    @cached_property
    def lists(self) -> HeldOutLists:
        """Users with relevant validation rows, whose lists are ranked and evaluated."""
        return collect_lists(self._ratings, seed=self._seed, threads=self._threads)

    @cached_property
    def _held_out(self) -> HeldOut:
        return held_out_ratings(self._ratings, self._scale)

    def _packed_rows(self, row: Row) -> tuple[LocalRatings, ValidationMetric]:
        if row["family"] == "popularity":
            row = Row(**{**row.asDict(), "feedback": "graded"})  # all rows, whatever their values
        scale = row["strength_scale"] if row["feedback"] == "implicit" else None
        residual = row["family"] in RESIDUAL_FAMILIES
        kind = row["feedback"], residual, is_standardised(row), scale
        if kind not in self._packed:
            spread = self._spread if is_standardised(row) else 1.0
            rows = training_targets(self._ratings, row, self._scale, spread)
            packed = LocalRatings(
                *collect_rows(rows.where("split = 'train'")), threads=self._threads
            )
            if row["feedback"] == "explicit":
                metric = rmse_metric(
                    packed.ids, self._held_out, predicts_residuals=residual, spread=spread
                )
            else:
                metric = self.lists.metric(packed.ids)
            self._packed[kind] = packed, metric
        return self._packed[kind]


def _matrix(packed: LocalRatings) -> csr_matrix:
    """Return packed values (users, movies)."""
    csr = packed.csr["user"]
    shape = (len(packed.ids["user"]), len(packed.ids["movie"]))
    return csr_matrix((csr.values, csr.columns, csr.indptr), shape)


def _fit_factors(row: Row, packed: LocalRatings, seed: int) -> tuple[Floats, Floats]:
    """Fit a family without iterations; return factors (users, k) and (movies, k)."""
    if row["family"] == "mean":
        return mean_factors(row["algorithm"], packed)
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


def run_batch(
    tuner: Tuner,
    trials: Iterable[Trial],
    known: Mapping[str, Mapping[str, Any]],
    *,
    limits: SizeLimits,
    seconds: float = inf,
    skips_failures: bool = False,
) -> list[dict[str, Any]]:
    """Run trials until the time is over; return their rows of ``TRIALS``, known trials included.

    Parameters
    ----------
    tuner
        Fits and evaluates the trials.
    trials
        Trials to run. A trial is left out if the ratings exceed the size limits of its algorithm.
    known
        Rows of earlier trials by cache key. A known trial is not run again: only its ``asked_at``
        changes.
    limits
        Size limits of two families.
    seconds
        Time after which no further trial starts. At least one new trial runs.
    skips_failures
        Whether failed trials are left out. A trial fails, for example, if no validation row has
        both a user and a movie of the train rows.

    Raises
    ------
    ReelhouseError
        A trial fails, and ``skips_failures`` is false.
    """
    began, now = monotonic(), datetime.now(UTC)
    rows: dict[str, dict[str, Any]] = {}
    new_count = 0
    for trial in trials:
        key = trial.key(tuner.inputs)
        if key in rows:  # the same parameters were drawn before
            continue
        if key in known:
            rows[key] = {**known[key], "asked_at": now}
        elif new_count == 0 or monotonic() - began < seconds:
            try:
                score = tuner.score(trial) if tuner.is_within(limits, trial) else None
            except ReelhouseError:
                if not skips_failures:
                    raise
                score = None
            if score is None:
                continue
            new_count += 1
            rows[key] = {
                "trial": key,
                "algorithm": trial.algorithm["algorithm"],
                "parameters": json.dumps(trial.parameters),
                "inputs": tuner.inputs,
                "defaults": trial.defaults,
                **score,
                "tried_at": datetime.now(UTC),
                "asked_at": now,
            }
    return list(rows.values())
