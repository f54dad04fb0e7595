from reelhouse.algorithms.fit_jobs import fit_jobs
from reelhouse.algorithms.item_knn import fit_item_knn


def model(dbt, spark):
    return fit_item_knn(
        fit_jobs(
            plan=dbt.ref("int_fit_plan"),
            ratings=dbt.ref("int_training_targets"),
            families=["item_knn"],
            scale=dbt.ref("int_rating_scale"),
        ),
        seed=dbt.config.get("seed"),
    )
