from reelhouse.peers import fit_ease


def model(dbt, spark):
    return fit_ease(
        evaluations=dbt.ref("int_evaluations"),
        ratings=dbt.ref("int_rating_residuals"),
        relevant_rating=dbt.config.get("relevant_rating"),
    )
