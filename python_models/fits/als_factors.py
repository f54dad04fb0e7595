from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.fit_jobs import fit_jobs


def model(dbt, spark):
    jobs = fit_jobs(
        plan=dbt.ref("int_fit_plan"),
        ratings=dbt.ref("int_training_targets"),
        families=["als", "biased_als"],
        scale=dbt.ref("int_rating_scale"),
    )
    return fit_als(jobs, seed=dbt.config.get("seed"), solver=dbt.config.get("solver"))
