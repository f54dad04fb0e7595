from reelhouse.ranking import rank_movies


def model(dbt, spark):
    return rank_movies(
        users=dbt.ref("int_users_queried"),
        factors=dbt.ref("int_scores_factored"),
        n=dbt.config.get("n"),
        seed=dbt.config.get("seed"),
    )
