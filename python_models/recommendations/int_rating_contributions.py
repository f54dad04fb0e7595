from reelhouse.algorithms.explanations import explain_lists


def model(dbt, spark):
    return explain_lists(
        dbt.ref("int_recommendations_reranked").where("protocol = 'all'"),
        users=dbt.ref("int_ranking_requests").where("protocol = 'all'"),
        plan=dbt.ref("int_fit_plan"),
        ratings=dbt.ref("int_training_targets"),
        scale=dbt.ref("int_rating_scale"),
        factors=dbt.ref("int_scoring_vectors"),
        weights=dbt.ref("int_driver_fits").where("weights is not null"),
        candidates=dbt.ref("movies").where(dbt.config.get("candidate_movies")),
        most=dbt.config.get("most"),
        seed=dbt.config.get("seed"),
    )
