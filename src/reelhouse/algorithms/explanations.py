"""Explain the lists of the recommendations on Spark: divide each score between the ratings."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.algorithms.als_settings import RESIDUAL_FAMILIES
from reelhouse.algorithms.contributions import (
    EXPLAINED_FAMILIES,
    Explainer,
    WeightExplainer,
    explainer_of_factors,
)
from reelhouse.algorithms.explained_lists import ListExplainer, explain_block
from reelhouse.algorithms.fit_jobs import FitJob, fit_jobs
from reelhouse.als.ids import find_positions
from reelhouse.ranking.catalogues import (
    BlendedCatalogue,
    Catalogue,
    WeightedCatalogue,
    split_by_scorer,
)
from reelhouse.ranking.recommend import collect_blends, collect_catalogues

EXPLAINED_COLUMNS = (
    "user_id bigint, movie_id bigint, position int, kind string, rated_movie_id bigint,"
    " contribution double"
)
RATED = "array<struct<part: int, movie_id: bigint, value: double>>"
"""Type of the ratings of a user, as each part of the algorithm takes them."""
BLOCK_USERS = 256
"""Number of users whose scores of all movies are in memory at once."""


def explain_lists(
    lists: DataFrame,
    *,
    users: DataFrame,
    plan: DataFrame,
    ratings: DataFrame,
    scale: DataFrame,
    factors: DataFrame,
    weights: DataFrame,
    candidates: DataFrame,
    most: int,
    seed: int,
) -> DataFrame:
    """Divide the scores of the recommendations between the ratings of the users.

    Parameters
    ----------
    lists
        ``scored_by, user_id, rank, movie_id, score``: rows of the protocol ``all``.
    users
        Rows of int_ranking_requests for these lists.
    plan, ratings, scale
        int_fit_plan, int_training_targets and int_rating_scale.
    factors, weights, candidates
        As for ``rank_movies``.
    most
        Largest number of ratings that a list names for a movie; the rest is one row.
    seed
        Seed of the order of ties.

    Returns
    -------
    DataFrame
        ``EXPLAINED_COLUMNS``. The contributions to a score add up to the score. The ``kind`` is
        ``rating`` for one rating, ``other ratings`` for the rest of them, and ``baseline`` for the
        part of the score that does not depend on single ratings, which may be all of it.
    """
    planned = plan.where("protocol = 'all' and skipped_because is null")
    (ranking,) = planned.where("is_ranking_algorithm").collect()
    is_blend = ranking["family"] == "blend"
    blends = collect_blends(planned.where("is_ranking_algorithm")) if is_blend else []
    explained = sorted(blends[0]["weights"]) if blends else [ranking["algorithm"]]
    of_parts = planned.where(F.col("algorithm").isin(*explained))
    jobs = list(fit_jobs(of_parts, ratings, EXPLAINED_FAMILIES, scale=scale))
    used = (F.col("protocol") == "all") & F.col("algorithm").isin("popularity", *explained)
    movies = factors.where(used & (F.col("side") == "movie"))
    catalogues = collect_catalogues(movies, weights.where(used), blends, None, seed)
    parts = tuple(_explainer(job, catalogues[job.labels["algorithm"], "all", 0]) for job in jobs)
    if blends:  # scores are standardised over the candidates
        allowed = candidates.select("movie_id").toArrow()["movie_id"].to_numpy()
        catalogues = collect_catalogues(movies, weights.where(used), blends, allowed, seed)
    name = ranking["algorithm"]
    explainer = ListExplainer(catalogues.get((name, "all", 0)), parts)
    needs_vectors = is_blend or ranking["family"] in RESIDUAL_FAMILIES
    rows = _users_to_explain(lists, users if needs_vectors else None, jobs)
    return _explain(rows, {name: explainer}, most)


def _explainer(
    job: FitJob, catalogue: Catalogue | WeightedCatalogue | BlendedCatalogue
) -> Explainer:
    """Return the explainer of a fit; ``catalogue`` has all movies."""
    movies = catalogue.movies
    if isinstance(catalogue, WeightedCatalogue):
        return WeightExplainer(
            catalogue.liked_ids, movies.ascending, movies.columns, catalogue.weights
        )
    assert isinstance(catalogue, Catalogue)
    # Movies that nobody likes have a vector of zeros, and the fit does not know them.
    fitted = job.observations.where("split <> 'fold_in'").select("movie_id").distinct()
    ids = np.sort(fitted.toArrow()["movie_id"].to_numpy())
    factors = catalogue.factors[movies.columns[find_positions(movies.ascending, ids)[0]]]
    return explainer_of_factors(job.algorithm, ids, factors, job.spread)


def _users_to_explain(lists: DataFrame, users: DataFrame | None, jobs: list[FitJob]) -> DataFrame:
    """Return a row per list: the listed movies, their scores, and the ratings of the user.

    The rows also have the columns of ``users``. Without ``users``, the vectors are empty: only
    baselines and blends need vectors, and int_ranking_requests is a view that costs seconds.
    """
    listed = lists.groupBy("user_id", "scored_by", "protocol", "fold").agg(
        F.sort_array(F.collect_list(F.struct("rank", "movie_id", "score"))).alias("listed")
    )
    rows = listed.select(
        *("scored_by", "protocol", "fold", "user_id"),
        F.col("listed.movie_id").alias("listed_movie_ids"),
        F.col("listed.score").alias("scores"),
    )
    if users is None:
        rows = rows.withColumn("factors", F.array().cast("array<double>"))
    else:
        of_users = users.select("user_id", "factors", "seen_movie_ids", "liked_movie_ids")
        rows = rows.join(of_users, "user_id")
    if not jobs:
        return rows.withColumn("rated", F.array().cast(RATED))
    observed = functools.reduce(
        DataFrame.unionAll,
        [
            job.observations.select("user_id", F.lit(part).alias("part"), "movie_id", "value")
            for part, job in enumerate(jobs)
        ],
    )
    rated = observed.groupBy("user_id").agg(
        F.collect_list(F.struct("part", "movie_id", "value")).cast(RATED).alias("rated")
    )
    return rows.join(rated, "user_id", "left").withColumn(
        "rated", F.coalesce("rated", F.array().cast(RATED))
    )


def _explain(users: DataFrame, explainers: dict[str, ListExplainer], most: int) -> DataFrame:
    shared = users.sparkSession.sparkContext.broadcast(explainers)

    def explain_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for (scored_by, *_), rows in split_by_scorer(pa.table(batch), "scored_by"):
                explainer = shared.value.get(scored_by, ListExplainer(None, ()))
                for start in range(0, rows.num_rows, BLOCK_USERS):
                    block = rows.slice(start, BLOCK_USERS).combine_chunks()
                    yield from explain_block(block, explainer, most).to_batches()

    explained = users.mapInArrow(explain_batches, EXPLAINED_COLUMNS).persist(StorageLevel.DISK_ONLY)
    try:
        explained.count()
    finally:
        shared.unpersist()
    return explained
