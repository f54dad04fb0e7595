from reelhouse.algorithms.fit_jobs import fit_jobs
from reelhouse.algorithms.svd import fit_svd


def model(dbt, spark):
    return fit_svd(
        fit_jobs(
            plan=dbt.ref("int_fit_plan"),
            ratings=dbt.ref("int_training_targets"),
            families=["svd"],
            scale=dbt.ref("int_rating_scale"),
        )
    )
