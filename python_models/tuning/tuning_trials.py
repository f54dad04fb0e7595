from reelhouse.tuning.search import propose_trials
from reelhouse.tuning.tuner import TRIALS, Tuner, run_batch


def model(dbt, spark):
    seconds = dbt.config.get("seconds")
    algorithms, grid = dbt.ref("algorithms"), dbt.ref("parameter_grid")
    ratings = dbt.ref("int_tuning_ratings")
    if not seconds:  # only `make tune` runs trials
        return TRIALS.empty_table()
    tuner = Tuner(
        ratings,
        scale=dbt.ref("int_rating_scale"),
        solver=dbt.config.get("solver"),
        seed=dbt.config.get("seed"),
    )
    protocol = dbt.config.get("protocol")
    # Data that is too large for a family is too large for its trials.
    skipped = dbt.ref("int_fit_plan").where(
        f"protocol = '{protocol}' and fold = 0 and skipped_because is not null"
    )
    tunable = algorithms.where("enabled").join(skipped, "algorithm", "left_anti").collect()
    chosen = dbt.config.get("algorithms")
    if chosen:
        tunable = [row for row in tunable if row["algorithm"] in chosen]
    trials = propose_trials(
        tunable, grid.collect(), draws=dbt.config.get("draws"), seed=dbt.config.get("seed")
    )
    known = {}
    if dbt.is_incremental:
        known = {row["trial"]: row.asDict() for row in spark.table(str(dbt.this)).collect()}
    return run_batch(tuner, trials, known, seconds=seconds)
