"""The trials of a build, and the batches of `make tune`."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame

from reelhouse.als import Solver
from reelhouse.tuning.blend import blend_trial
from reelhouse.tuning.search import propose_strengths, propose_trials, with_defaults
from reelhouse.tuning.tuner import TRIALS, SizeLimits, Tuner, run_batch


def run_trials(
    ratings: DataFrame,
    *,
    scale: DataFrame,
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
    algorithms
        The rows of seeds/algorithms.csv. If the data has events, the algorithms that predict
        ratings have no trials.
    grid
        The rows of seeds/parameter_grid.csv.
    earlier
        The trials of earlier builds and batches, which do not run again.
    limits
        Size limits of two families.
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
    if not seconds:
        proposed = propose_strengths(rows, known)
        trials = run_batch(tuner, proposed, known, limits=limits, skips_failures=True)
        trials += blend_trial(tuner, rows, trials, known)
    else:
        rows = [row for row in rows if not chosen or row["algorithm"] in chosen]
        varied = grid.where("parameter <> 'strength_scale'") if has_ratings else grid
        drawn = propose_trials(rows, varied.collect(), draws=draws, seed=seed)
        trials = run_batch(tuner, drawn, known, limits=limits, seconds=seconds)
    return pa.Table.from_pylist(trials, schema=TRIALS)
