from reelhouse.fits import fit_als


def model(dbt, spark):
    return fit_als(
        evaluations=dbt.ref("int_evaluations"),
        ratings=dbt.ref("int_rating_residuals"),
        relevant_rating=dbt.config.get("relevant_rating"),
        seed=dbt.config.get("seed"),
        engine=dbt.config.get("engine"),
        solver=dbt.config.get("solver"),
        patience=dbt.config.get("patience"),
    )
