from reelhouse.tuning.trials import trials
from reelhouse.tuning.tuner import TRIALS, Tuner, try_batch


def model(dbt, spark):
    seconds = dbt.config.get("seconds")
    algorithms, grid = dbt.ref("algorithms"), dbt.ref("parameter_grid")
    ratings = dbt.ref("int_tuning_ratings")
    if not seconds:  # an ordinary build keeps the trials that are there
        return TRIALS.empty_table()
    only = dbt.config.get("algorithms")
    tuner = Tuner(
        ratings,
        scale=dbt.ref("int_rating_scale"),
        solver=dbt.config.get("solver"),
        seed=dbt.config.get("seed"),
    )
    # What is too large for a family is that for its trials.
    protocol = dbt.config.get("protocol")
    skipped = dbt.ref("int_fit_plan").where(
        f"protocol = '{protocol}' and fold = 0 and skipped_because is not null"
    )
    tried = algorithms.where("enabled").join(skipped, "algorithm", "left_anti").collect()
    if only:
        tried = [row for row in tried if row["algorithm"] in only]
    wanted = trials(
        tried, grid.collect(), draws=dbt.config.get("draws"), seed=dbt.config.get("seed")
    )
    known = {}
    if dbt.is_incremental:
        known = {row["trial"]: row.asDict() for row in spark.table(str(dbt.this)).collect()}
    return try_batch(tuner, wanted, known, seconds=seconds)
