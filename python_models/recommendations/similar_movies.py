from reelhouse.ranking.recommend import rank_similar_movies


def model(dbt, spark):
    served = dbt.ref("int_fit_plan").where("protocol = 'all' and is_similarity_algorithm").first()
    vectors = dbt.ref("int_scoring_vectors").where("protocol = 'all'")
    return rank_similar_movies(
        factors=vectors.where(vectors.algorithm == (served.algorithm if served else "")),
        n=dbt.config.get("n"),
        seed=dbt.config.get("seed"),
    )
