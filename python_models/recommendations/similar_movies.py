from reelhouse.ranking.recommend import rank_similar_movies


def model(dbt, spark):
    return rank_similar_movies(
        factors=dbt.ref("int_scoring_vectors"),
        algorithm=dbt.config.get("algorithm"),
        n=dbt.config.get("n"),
        seed=dbt.config.get("seed"),
    )
