"""The trials of a build, and the batches of `make tune`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from reelhouse.als import Solver
from reelhouse.errors import ReelhouseError
from reelhouse.tuning.blend import blend_trial
from reelhouse.tuning.search import Trial, propose_strengths, propose_trials, with_defaults
from reelhouse.tuning.size_limits import SizeLimits, data_sizes, is_within
from reelhouse.tuning.tuner import TRIALS, Tuner


def run_trials(
    ratings: DataFrame,
    *,
    scale: DataFrame,
    splits: DataFrame,
    algorithms: DataFrame,
    grid: DataFrame,
    earlier: DataFrame | None,
    limits: SizeLimits,
    solver: Solver,
    seed: int,
    tune: str,
    seconds: int,
    draws: int,
    chosen: Sequence[str],
) -> pa.Table:
    """Run the trials of a build, or a batch of those of `make tune`.

    Parameters
    ----------
    ratings
        The rows of int_tuning_ratings.
    scale
        The single row of int_rating_scale, or no row if no rating was accepted.
    splits
        The rows of rating_splits, whose sizes are compared with the limits.
    algorithms
        The rows of seeds/algorithms.csv. If the data has events, the algorithms that predict
        ratings have no trials. The algorithms that the data is too large for have none either.
    grid
        The rows of seeds/parameter_grid.csv.
    earlier
        The trials of earlier builds and batches, which do not run again.
    limits
        The vars with the limits.
    solver, seed
        As in ``Tuner``.
    tune
        ``no`` for a build without trials.
    seconds
        Time after which no other trial of a batch starts; 0 for a build.
    draws
        Random draws of a batch per algorithm; 0 for every combination.
    chosen
        Names of the algorithms of a batch; all if empty.

    Returns
    -------
    pyarrow.Table
        Rows of ``TRIALS``, earlier trials that were requested again included.
    """
    if scale.isEmpty() or (not seconds and tune == "no"):
        return TRIALS.empty_table()
    tuner = Tuner(ratings, scale=scale, solver=solver, seed=seed)
    known = {row["trial"]: row.asDict() for row in earlier.collect()} if earlier is not None else {}
    has_ratings = scale.collect()[0]["has_ratings"]
    rows = with_defaults(algorithms)
    if not has_ratings:
        rows = [row for row in rows if row["feedback"] != "explicit"]
    sizes = data_sizes(splits)
    rows = [row for row in rows if is_within(row, limits, sizes)]
    if not seconds:
        proposed = propose_strengths(rows, known, tuner.inputs)
        trials = run_batch(tuner, proposed, known, skips_failures=True)
        trials += blend_trial(tuner, rows, trials, known)
    else:
        rows = [row for row in rows if not chosen or row["algorithm"] in chosen]
        varied = grid.where("parameter <> 'strength_scale'") if has_ratings else grid
        drawn = propose_trials(rows, varied.collect(), draws=draws, seed=seed)
        trials = run_batch(tuner, drawn, known, seconds=seconds)
    return pa.Table.from_pylist(trials, schema=TRIALS)


def run_batch(
    tuner: Tuner,
    trials: Iterable[Trial],
    known: Mapping[str, Mapping[str, Any]],
    *,
    seconds: float = inf,
    skips_failures: bool = False,
) -> list[dict[str, Any]]:
    """Run trials until the time is over; return their rows of ``TRIALS``, known trials included.

    Parameters
    ----------
    tuner
        Fits and evaluates the trials.
    trials
        Trials to run. A trial is left out if its matrices would be too large.
    known
        Rows of earlier trials by cache key. A known trial is not run again: only its ``asked_at``
        changes.
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
                score = tuner.score(trial) if tuner.can_score(trial) else None
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
