from reelhouse.peers import fit_svd


def model(dbt, spark):
    return fit_svd(
        evaluations=dbt.ref("int_evaluations"),
        ratings=dbt.ref("int_rating_residuals"),
        relevant_rating=dbt.config.get("relevant_rating"),
    )
