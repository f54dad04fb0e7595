from reelhouse.tuning.size_limits import SizeLimits
from reelhouse.tuning.trials import run_trials


def model(dbt, spark):
    limits = SizeLimits(
        dbt.config.get("item_knn_pair_limit"),
        dbt.config.get("ease_movie_limit"),
        dbt.config.get("named_algorithms"),
    )
    return run_trials(
        dbt.ref("int_tuning_ratings"),
        scale=dbt.ref("int_rating_scale"),
        splits=dbt.ref("rating_splits"),
        algorithms=dbt.ref("algorithms"),
        grid=dbt.ref("parameter_grid"),
        earlier=spark.table(str(dbt.this)) if dbt.is_incremental else None,
        limits=limits,
        solver=dbt.config.get("solver"),
        seed=dbt.config.get("seed"),
        tune=dbt.config.get("tune"),
        seconds=dbt.config.get("seconds"),
        draws=dbt.config.get("draws"),
        chosen=dbt.config.get("algorithms"),
    )
