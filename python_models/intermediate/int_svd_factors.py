from reelhouse.peers import fit_svd
from reelhouse.runs import runs


def model(dbt, spark):
    return fit_svd(
        runs(
            evaluations=dbt.ref("int_evaluations"),
            ratings=dbt.ref("int_rating_residuals"),
            families=["svd"],
            relevant_rating=dbt.config.get("relevant_rating"),
            rating_min=dbt.config.get("rating_min"),
        )
    )
