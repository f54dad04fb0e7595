from reelhouse.algorithms.fit_jobs import fit_jobs
from reelhouse.algorithms.local_fits import LOCAL_FAMILIES, fit_locally


def model(dbt, spark):
    jobs = fit_jobs(
        plan=dbt.ref("int_fit_plan"),
        ratings=dbt.ref("int_training_targets"),
        families=list(LOCAL_FAMILIES),
        scale=dbt.ref("int_rating_scale"),
    )
    return fit_locally(jobs, seed=dbt.config.get("seed"))
