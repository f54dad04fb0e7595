from reelhouse.fits import fit_algorithms


def model(dbt, spark):
    return fit_algorithms(
        algorithms=dbt.ref("algorithms"),
        ratings=dbt.ref("int_rating_residuals"),
        relevant_rating=dbt.config.get("relevant_rating"),
        seed=dbt.config.get("seed"),
        read_from_all=dbt.config.get("read_from_all"),
        engine=dbt.config.get("engine"),
        solver=dbt.config.get("solver"),
        patience=dbt.config.get("patience"),
    )
