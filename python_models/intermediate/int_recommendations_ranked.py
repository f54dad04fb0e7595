from reelhouse.ranking import rank_movies


def model(dbt, spark):
    cutoffs = [row["k"] for row in dbt.ref("ranking_cutoffs").collect()]
    return rank_movies(
        users=dbt.ref("int_users_queried"),
        factors=dbt.ref("int_scores_factored"),
        n=max(*cutoffs, dbt.config.get("recommendation_count")),
        seed=dbt.config.get("seed"),
    )
