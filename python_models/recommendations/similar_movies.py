from reelhouse.ranking.recommend import rank_similar_movies


def model(dbt, spark):
    plan = dbt.ref("int_fit_plan").where("is_similarity_algorithm")
    fit = ["algorithm", "protocol", "fold"]
    return rank_similar_movies(
        factors=dbt.ref("int_scoring_vectors").join(plan.select(fit), fit, "left_semi"),
        n=dbt.config.get("n"),
        seed=dbt.config.get("seed"),
    )
