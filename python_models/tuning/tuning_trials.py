import pyarrow as pa

from reelhouse.tuning.blend import blend_trial
from reelhouse.tuning.search import propose_strengths, propose_trials, with_defaults
from reelhouse.tuning.tuner import TRIALS, Limits, Tuner, run_batch


def model(dbt, spark):
    return pa.Table.from_pylist(trials(dbt, spark), schema=TRIALS)


def trials(dbt, spark):
    seconds = dbt.config.get("seconds")
    scale, grid = dbt.ref("int_rating_scale"), dbt.ref("parameter_grid")
    algorithms = with_defaults(dbt.ref("algorithms"))
    ratings = dbt.ref("int_tuning_ratings")
    if scale.isEmpty() or (not seconds and dbt.config.get("tune") == "no"):
        return []
    tuner = Tuner(
        ratings, scale=scale, solver=dbt.config.get("solver"), seed=dbt.config.get("seed")
    )
    limits = Limits(dbt.config.get("item_knn_pair_limit"), dbt.config.get("ease_movie_limit"))
    known = {}
    if dbt.is_incremental:
        known = {row["trial"]: row.asDict() for row in spark.table(str(dbt.this)).collect()}
    has_ratings = scale.first()["has_ratings"]
    algorithms = [row for row in algorithms if has_ratings or row["feedback"] != "explicit"]
    if not seconds:  # a build
        proposed = propose_strengths(algorithms, known)
        rows = run_batch(tuner, proposed, known, limits=limits, skips_failures=True)
        return rows + blend_trial(tuner, algorithms, rows, known)
    chosen = dbt.config.get("algorithms")
    if chosen:
        algorithms = [row for row in algorithms if row["algorithm"] in chosen]
    if has_ratings:
        grid = grid.where("parameter <> 'strength_scale'")
    proposed = propose_trials(
        algorithms, grid.collect(), draws=dbt.config.get("draws"), seed=dbt.config.get("seed")
    )
    return run_batch(tuner, proposed, known, limits=limits, seconds=seconds)
