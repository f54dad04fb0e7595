from reelhouse.tuning import TRIALS, Tuner, trials, try_batch


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
    enabled = [
        row for row in algorithms.where("enabled").collect() if not only or row["algorithm"] in only
    ]
    wanted = trials(
        enabled, grid.collect(), draws=dbt.config.get("draws"), seed=dbt.config.get("seed")
    )
    known = set()
    if dbt.is_incremental:
        known = {row["trial"] for row in spark.table(str(dbt.this)).select("trial").collect()}
    return try_batch(tuner, wanted, known, seconds=seconds)
