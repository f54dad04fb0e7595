from reelhouse.algorithms.ease import fit_ease
from reelhouse.algorithms.fit_jobs import fit_jobs


def model(dbt, spark):
    return fit_ease(
        fit_jobs(
            plan=dbt.ref("int_fit_plan"),
            ratings=dbt.ref("int_training_targets"),
            families=["ease"],
            scale=dbt.ref("int_rating_scale"),
        )
    )
