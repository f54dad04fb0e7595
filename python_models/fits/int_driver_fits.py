from reelhouse.algorithms.driver_fits import DRIVER_FAMILIES, fit_on_driver
from reelhouse.algorithms.fit_jobs import fit_jobs


def model(dbt, spark):
    plan = dbt.ref("int_fit_plan")
    if dbt.is_incremental:
        plan = plan.where("protocol = 'all'")
    jobs = fit_jobs(
        plan=plan,
        ratings=dbt.ref("int_training_targets"),
        families=list(DRIVER_FAMILIES),
        scale=dbt.ref("int_rating_scale"),
    )
    splits = dbt.ref("rating_splits")
    return fit_on_driver(jobs, splits=splits, seed=dbt.config.get("seed"))
