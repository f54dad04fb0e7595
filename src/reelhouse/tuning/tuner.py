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

from reelhouse.algorithms.als import settings_of
from reelhouse.algorithms.bias import damped_bias_factors
from reelhouse.algorithms.ease import ease_weights
from reelhouse.algorithms.fit_jobs import (
    RESIDUAL_FAMILIES,
    collected,
    held_out_ratings,
    judge_of,
    observed,
)
from reelhouse.algorithms.item_knn import item_knn_weights
from reelhouse.algorithms.svd import truncated_svd
from reelhouse.algorithms.validation import HeldOut
from reelhouse.als import Solver, alternate, threads_of
from reelhouse.als.csr import found_among
from reelhouse.als.fit import Judge
from reelhouse.als.ratings import LocalRatings
from reelhouse.als.settings import Floats
from reelhouse.tuning.trials import ALS_FAMILIES, Trial, engine_version

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
CELLS = 200_000_000
"""Of a full matrix that a trial may hold, a few times over."""
MOST_ITERATIONS = 30
PATIENCE = 2


class Tuner:
    """The rows that trials are fitted on and scored by; packed once for each kind of feedback."""

    def __init__(
        self,
        ratings: DataFrame,
        *,
        scale: DataFrame,
        solver: Solver,
        seed: int,
    ) -> None:
        """Take train and validation rows, with the columns that ``observed`` reads."""
        self._ratings = ratings.cache()
        self._scale = scale.collect()[0]
        self._solver, self._seed = solver, seed
        self._threads = threads_of(ratings)
        self._packed: dict[tuple[str, bool], tuple[LocalRatings, Judge]] = {}
        rows = F.sum(F.xxhash64("user_id", "movie_id", "split", "rating") % 2**31)
        # Sums of doubles differ in their last digits from run to run.
        residual = F.round(F.avg(F.abs("residual")), 6)
        self._rows_seen = self._ratings.agg(F.count("*"), rows, residual).collect()[0]

    def inputs(self, trial: Trial) -> str:
        """Return a fingerprint of the inputs of a trial, without the parameters that are tried."""
        count, rows, residual = self._rows_seen
        row = trial.algorithm
        ends = ("rating_min", "rating_max", "relevant_rating")
        parts = [count, rows, [self._scale[name] for name in ends], self._seed, engine_version()]
        # Predictions fall back to the damped biases; the family ``bias`` fits its own.
        if row["feedback"] == "explicit" and row["family"] != "bias":
            parts.append(residual)
        if row["family"] in ALS_FAMILIES:
            parts.append(self._solver)
        return "-".join(map(str, [*parts, trial.others()]))

    def holds(self, trial: Trial) -> bool:
        """Whether matrices of all users and movies, which some families take, fit in memory."""
        if trial.algorithm["family"] not in ("item_knn", "ease"):
            return True
        ids = self._rows(trial.row)[0].ids
        return max(len(ids["user"]), len(ids["movie"])) * len(ids["movie"]) <= CELLS

    def score(self, trial: Trial) -> dict[str, Any]:
        """Fit a trial and compute its validation error, as columns of ``TRIALS``."""
        row = trial.row
        packed, judge = self._rows(row)
        began = monotonic()
        losses: list[float | None] = []
        iterations = None
        if row["family"] in ALS_FAMILIES:
            settings = replace(settings_of(row, self._solver), iterations=MOST_ITERATIONS)
            fitted = alternate(packed, settings, seed=self._seed, judge=judge, patience=PATIENCE)
            losses = [done.loss for done in fitted.iterations]
            errors = [done.error for done in fitted.iterations if done.error is not None]
            iterations = fitted.best.iteration
        elif row["family"] == "bias":
            scores = _damped_scores(packed, self._held_out, row["reg"])
            errors = [self._held_out.rmse(scores)]
        else:
            errors = [judge(*_fitted(row, packed, self._seed))]
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

    def _rows(self, row: Row) -> tuple[LocalRatings, Judge]:
        kind = (row["feedback"], row["family"] in RESIDUAL_FAMILIES)
        if kind not in self._packed:
            rows = observed(self._ratings, row, self._scale)
            packed = LocalRatings(*collected(rows.where("split = 'train'")), threads=self._threads)
            judge = judge_of(
                row, packed.ids, self._ratings, self._scale, seed=self._seed, threads=self._threads
            )
            self._packed[kind] = packed, judge
        return self._packed[kind]


def _matrix(packed: LocalRatings) -> csr_matrix:
    """Return packed values (users, movies)."""
    csr = packed.csr["user"]
    shape = (len(packed.ids["user"]), len(packed.ids["movie"]))
    return csr_matrix((csr.values, csr.columns, csr.indptr), shape)


def _fitted(row: Row, packed: LocalRatings, seed: int) -> tuple[Floats, Floats]:
    """Return factors (users, k) and (movies, k) of a family that does not iterate."""
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
    places, has_user = found_among(packed.ids["user"], held_out.rows.user_ids)
    columns, has_movie = found_among(packed.ids["movie"], held_out.rows.movie_ids)
    mean = packed.csr["user"].values.mean(dtype=np.float64)
    return (
        mean
        + np.where(has_user, users[places, 0], 0)
        + np.where(has_movie, movies[columns, 1] - mean, 0)
    )


def try_batch(
    tuner: Tuner,
    wanted: Iterable[Trial],
    known: Mapping[str, Mapping[str, Any]],
    *,
    seconds: float,
) -> pa.Table:
    """Rows of ``TRIALS``: what is ``known`` of the wanted trials, and new ones until time is over.

    ``known``: trial → its row; ``asked_at`` is what is new of it.
    """
    began, now = monotonic(), datetime.now(UTC)
    rows: dict[str, dict[str, Any]] = {}
    made = 0
    for trial in wanted:
        inputs = tuner.inputs(trial)
        key = trial.key(inputs)
        if key in rows:  # drawn twice
            continue
        if key in known:
            rows[key] = {**known[key], "asked_at": now}
        elif tuner.holds(trial) and (made == 0 or monotonic() - began < seconds):
            made += 1
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
