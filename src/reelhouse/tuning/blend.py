"""The weights of a blend, chosen on the validation rows."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Row

from reelhouse.algorithms.held_out_lists import Factors, HeldOutLists
from reelhouse.errors import ReelhouseError
from reelhouse.tuning.tuner import Tuner

BLENDED = ("als", "item_knn", "ease")
"""Families whose scores are blended, unless their algorithm predicts ratings."""
MOST_PARTS = 3
STEPS = 6
"""The weights that are compared are multiples of 1 / STEPS with the sum 1."""
AVERAGED = 3
"""Number of weights with the lowest errors. A blend has their mean, because the errors of similar
weights differ by chance."""


def blend_trial(
    tuner: Tuner,
    algorithms: Sequence[Row],
    trials: Sequence[Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return a list with the trial of the blend, a row of ``TRIALS``; empty without a blend.

    The parts are the algorithms with the best trials. The ``parameters`` of the trial are the
    weights of the parts, chosen by ``choose_weights``.

    Parameters
    ----------
    tuner
        Fits the parts.
    algorithms
        Rows of ``with_defaults``, at most one of the family ``blend``.
    trials
        The trials of this build, rows of ``TRIALS``. With fewer than two parts, there is no blend.
    known
        Rows of earlier trials by cache key.

    Raises
    ------
    ReelhouseError
        There are several blends.
    """
    blends = [row for row in algorithms if row["family"] == "blend"]
    if len(blends) > 1:
        raise ReelhouseError(
            f"seeds/algorithms.csv has {len(blends)} enabled rows of the family blend: keep one"
        )
    named = {
        row["algorithm"]: row
        for row in algorithms
        if row["family"] in BLENDED and row["feedback"] != "explicit"
    }
    parts = _best_parts([each for each in trials if each["algorithm"] in named])
    if not blends or len(parts) < 2:
        return []
    (blend,) = blends
    text = json.dumps([[part["trial"] for part in parts], blend["defaults"], tuner.inputs])
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    now = datetime.now(UTC)
    if key in known:
        return [{**known[key], "asked_at": now}]
    began = monotonic()
    rows = [_row_of_trial(named[part["algorithm"]], part) for part in parts]
    weights, error, errors = choose_weights(tuner.lists, [tuner.fit(row) for row in rows])
    chosen = {
        part["algorithm"]: weight for part, weight in zip(parts, weights, strict=True) if weight > 0
    }
    return [
        {
            "trial": key,
            "algorithm": blend["algorithm"],
            "parameters": json.dumps(chosen, sort_keys=True),
            "inputs": tuner.inputs,
            "defaults": blend["defaults"],
            "metric": "ndcg_at_10",
            "error": error,
            "ranking_error": error,
            "iterations": None,
            "seconds": monotonic() - began,
            "losses": [],
            "errors": errors,
            "tried_at": now,
            "asked_at": now,
        }
    ]


def choose_weights(
    lists: HeldOutLists, parts: Sequence[Factors]
) -> tuple[list[float], float, list[float]]:
    """Choose the weights of the parts of a blend by its error on the validation rows.

    The weights are the mean of the ``AVERAGED`` rows of ``simplex_weights`` with the lowest errors.

    Returns
    -------
    weights : list of float
        A weight for each part; the sum is 1.
    error : float
        The error of the blend with these weights.
    errors : list of float
        The errors of all rows of ``simplex_weights``.
    """
    candidates = simplex_weights(len(parts))
    errors = lists.blend_errors(parts, candidates)
    weights = candidates[np.argsort(errors, kind="stable")[:AVERAGED]].mean(axis=0)
    (error,) = lists.blend_errors(parts, weights[None])
    return weights.tolist(), float(error), errors.tolist()


def simplex_weights(parts: int) -> NDArray[np.float64]:
    """Return all weights (blends, parts) of at least two parts: multiples of 1 / STEPS, sum 1."""
    steps = itertools.product(range(STEPS), repeat=parts)
    return np.array([each for each in steps if sum(each) == STEPS]) / STEPS


def _best_parts(trials: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the best trial of each of the ``MOST_PARTS`` best algorithms, ordered by name."""
    best: dict[str, Mapping[str, Any]] = {}
    for trial in sorted(trials, key=lambda each: (each["error"], each["trial"])):
        best.setdefault(trial["algorithm"], trial)
    return sorted(list(best.values())[:MOST_PARTS], key=lambda each: str(each["algorithm"]))


def _row_of_trial(algorithm: Row, trial: Mapping[str, Any]) -> Row:
    """Return the row of seeds/algorithms.csv with the parameters of a trial."""
    changed = json.loads(trial["parameters"])
    if trial["iterations"] is not None:
        changed["iterations"] = trial["iterations"]
    return Row(**{**algorithm.asDict(), **changed})
