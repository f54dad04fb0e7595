"""Fit trials to the train rows and evaluate them on the validation rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from time import monotonic
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix, issparse

from reelhouse.algorithms.als_settings import (
    ALS_FAMILIES,
    RESIDUAL_FAMILIES,
    is_standardised,
    settings_from_row,
)
from reelhouse.algorithms.bayesian_mf import validate_chain
from reelhouse.algorithms.ease import fit_item_weights
from reelhouse.algorithms.fit_jobs import residual_spread, training_targets
from reelhouse.algorithms.held_out_lists import Factors, HeldOutLists, collect_lists
from reelhouse.algorithms.item_knn import item_knn_weights
from reelhouse.algorithms.means import mean_factors
from reelhouse.algorithms.rating_rows import collect_rows
from reelhouse.algorithms.svd import truncated_svd
from reelhouse.algorithms.validation import HeldOut, held_out_ratings, rmse_metric
from reelhouse.als import Solver, driver_threads, fit_packed
from reelhouse.als.fitting import ValidationMetric
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Floats, Ints
from reelhouse.errors import ReelhouseError
from reelhouse.frames import with_short_plan
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
        ("ranking_error", pa.float64()),
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
            ``split, user_id, movie_id, rating, strength, is_relevant, residual, movie_bias``.
        scale
            The single row of int_rating_scale.
        solver
            Solver of ALS.
        seed
            Seed of the initial factors and of the order of ties.
        """
        self._ratings = with_short_plan(ratings).cache()
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

    def can_score(self, trial: Trial) -> bool:
        """Return whether the dense matrices of a trial are within ``MATRIX_CELLS``.

        The weights of ``item_knn`` and ``ease`` and the scores of all users are such matrices.
        """
        if trial.row["family"] not in ("item_knn", "ease"):
            return True
        packed = self._packed_rows(trial.row)[0]
        users, movies = len(packed.ids["user"]), len(packed.ids["movie"])
        return max(users, movies) * movies <= MATRIX_CELLS

    def score(self, trial: Trial) -> dict[str, Any]:
        """Fit a trial and compute its validation error, as columns of ``TRIALS``."""
        row = trial.row
        packed, metric = self._packed_rows(row)
        began = monotonic()
        losses: list[float] = []
        iterations = factors = None
        if row["family"] in ALS_FAMILIES:
            settings = replace(settings_from_row(row, self._solver), iterations=MOST_ITERATIONS)
            fitted = fit_packed(
                packed, settings, seed=self._seed, validation_metric=metric, patience=PATIENCE
            )
            losses = [each.loss for each in fitted.iterations]
            errors = [each.error for each in fitted.iterations if each.error is not None]
            iterations = fitted.best_iteration.iteration
            factors = fitted.factors["user"], fitted.factors["movie"]
        elif row["family"] == "popularity":
            ones = np.ones((len(packed.ids["user"]), 1), np.float32)
            errors = [metric(ones, packed.counts["movie"][:, None].astype(np.float32))]
        elif row["family"] == "bias":
            errors = [self._held_out.rmse(self._held_out.baselines)]
        elif row["family"] == "bayesian_mf":
            error, users, movies = validate_chain(row, packed, self._held_out, seed=self._seed)
            errors, factors = [error], (users, movies)
        else:
            factors = _fit_factors(row, packed, self._seed)
            errors = [metric(*factors)]
        return {
            "metric": "rmse" if row["feedback"] == "explicit" else "ndcg_at_10",
            "error": min(errors),
            "ranking_error": self._ranking_error(row, packed, factors)
            if row["feedback"] == "explicit"
            else min(errors),
            "iterations": iterations,
            "seconds": monotonic() - began,
            "losses": losses,
            "errors": errors,
        }

    def _ranking_error(
        self, row: Row, packed: LocalRatings, factors: tuple[Floats, Floats] | None
    ) -> float | None:
        """Return 1 - NDCG@10 of lists by predicted ratings; None for a baseline of ratings."""
        if factors is None or row["family"] == "mean":
            return None
        users, movies = factors
        if row["family"] in RESIDUAL_FAMILIES:
            ids, biases = self._movie_biases
            spread = self._spread if is_standardised(row) else 1.0
            own = biases[np.searchsorted(ids, packed.ids["movie"])]
            movies = np.column_stack([movies * np.float32(spread), own])
            users = np.insert(users, users.shape[1], 1, axis=1)
        try:
            return self.lists.metric(packed.ids)(users, movies)
        except ReelhouseError:  # no relevant validation row can be ranked
            return None

    @cached_property
    def _movie_biases(self) -> tuple[Ints, Floats]:
        """Ids of all movies, in ascending order, and their damped biases."""
        biases = self._ratings.groupBy("movie_id").agg(F.first("movie_bias").alias("bias"))
        table = biases.orderBy("movie_id").toArrow()
        return table["movie_id"].to_numpy(), table["bias"].to_numpy().astype(np.float32)

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
        )
    else:
        weights = fit_item_weights(matrix, row, seed=seed)
    return matrix.toarray(), weights.toarray() if issparse(weights) else weights
