from reelhouse.ranking.recommend import rank_similar_movies


def model(dbt, spark):
    plan = dbt.ref("int_fit_plan").where("protocol = 'all' and is_similarity_algorithm")
    return rank_similar_movies(
        factors=dbt.ref("int_scoring_vectors"),
        algorithm=plan.first()["algorithm"],
        n=dbt.config.get("n"),
        seed=dbt.config.get("seed"),
    )
