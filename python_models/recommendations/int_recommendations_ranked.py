from reelhouse.ranking.recommend import rank_movies


def model(dbt, spark):
    cutoffs = [row["k"] for row in dbt.ref("ranking_cutoffs").collect()]
    candidates = dbt.config.get("rerank_candidates")
    users = dbt.ref("int_ranking_requests")
    if dbt.is_incremental:
        users = users.where("protocol = 'all'")
    return rank_movies(
        users=users,
        factors=dbt.ref("int_scoring_vectors"),
        weights=dbt.ref("int_driver_fits").where("weights is not null"),
        blends=dbt.ref("int_fit_plan").where("family = 'blend' and skipped_because is null"),
        candidates=dbt.ref("movies").where(dbt.config.get("candidate_movies")),
        n=max(*cutoffs, candidates),
        recommendation_count=max(dbt.config.get("recommendation_count"), candidates),
        seed=dbt.config.get("seed"),
    )
