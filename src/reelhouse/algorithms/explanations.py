"""Explain the lists of the recommendations on Spark: divide each score between the ratings."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.algorithms.als import rescaled, settings_from_row
from reelhouse.algorithms.contributions import (
    Doubles,
    Explainer,
    FactorExplainer,
    SvdExplainer,
    WeightExplainer,
    largest_first,
)
from reelhouse.algorithms.fit_jobs import ALS_FAMILIES, FitJob, fit_jobs
from reelhouse.als.contributions import movie_side
from reelhouse.als.csr import find_positions
from reelhouse.als.settings import Floats, Ints
from reelhouse.ranking.catalogues import (
    BlendedCatalogue,
    Catalogue,
    WeightedCatalogue,
    split_by_scorer,
)
from reelhouse.ranking.recommend import collect_blends, collect_catalogues
from reelhouse.ranking.top_n import moments

EXPLAINED_FAMILIES = (*ALS_FAMILIES, "svd", "ease", "item_knn")
"""Families whose scores are sums over the ratings of a user."""
EXPLAINED_COLUMNS = (
    "user_id bigint, movie_id bigint, position int, kind string, rated_movie_id bigint,"
    " contribution double"
)
RATED = "array<struct<part: int, movie_id: bigint, value: double>>"
# Users whose scores of all movies are in memory at once.
BLOCK_USERS = 256


KINDS = ("rating", "other ratings", "baseline")


class ListExplainer(NamedTuple):
    """An algorithm that ranks, and the explainers of its parts.

    An algorithm that is no blend is its own only part. Without parts, the score of a movie is not
    a sum over the ratings.
    """

    catalogue: Catalogue | WeightedCatalogue | BlendedCatalogue | None
    parts: tuple[Explainer, ...]


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
    blends = collect_blends(planned.where("is_ranking_algorithm and family = 'blend'"))
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
    return _explain(_users_to_explain(lists, users, jobs), {name: explainer}, most)


def _explainer(
    job: FitJob, catalogue: Catalogue | WeightedCatalogue | BlendedCatalogue
) -> Explainer:
    """Return the explainer of a fit; ``catalogue`` has all movies."""
    if isinstance(catalogue, WeightedCatalogue):
        return WeightExplainer(catalogue)
    assert isinstance(catalogue, Catalogue)
    # Movies that nobody likes have a vector of zeros, and the fit does not know them.
    fitted = job.observations.where("split <> 'fold_in'").select("movie_id").distinct()
    ids = np.sort(fitted.toArrow()["movie_id"].to_numpy())
    movies = catalogue.movies
    factors = catalogue.factors[movies.columns[find_positions(movies.ascending, ids)[0]]]
    if job.algorithm["family"] == "svd":
        return SvdExplainer(ids, factors[:, : job.algorithm["factors"]].astype(np.float64))
    settings = settings_from_row(job.algorithm, "cholesky")
    fitted_factors = rescaled(settings, "movie", factors[:, : settings.width], 1 / job.spread)
    return FactorExplainer(ids, movie_side(settings, fitted_factors), job.spread)


def _users_to_explain(lists: DataFrame, users: DataFrame, jobs: list[FitJob]) -> DataFrame:
    """Return a row per list: the request, the listed movies, their scores, and the ratings."""
    listed = lists.groupBy("user_id").agg(
        F.sort_array(F.collect_list(F.struct("rank", "movie_id", "score"))).alias("listed")
    )
    rows = users.join(listed, "user_id").select(
        *("scored_by", "protocol", "fold", "user_id", "factors"),
        *("seen_movie_ids", "liked_movie_ids"),
        F.col("listed.movie_id").alias("listed_movie_ids"),
        F.col("listed.score").alias("scores"),
    )
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


def explain_block(block: pa.Table, explainer: ListExplainer, most: int) -> pa.Table:
    """Return rows of ``EXPLAINED_COLUMNS`` for a block of users."""
    columns = ("listed_movie_ids", "scores", "seen_movie_ids", "factors")
    users = zip(
        block["user_id"].to_pylist(),
        *(_lists(block[column]) for column in columns),
        _ratings_of_parts(block["rated"], len(explainer.parts)),
        *_scales(block, explainer),
        strict=True,
    )
    rows = []
    for user_id, listed, scores, seen, vector, ratings, scales, offset in users:
        seen_ids = np.sort(seen) if explainer.parts else seen[:0]
        total = np.zeros((len(seen_ids), len(listed)))
        for part, scale, (rated, values) in zip(explainer.parts, scales, ratings, strict=True):
            added = scale * part.contributions(rated, values, listed)
            total[np.searchsorted(seen_ids, rated)] += added
        baselines = _baselines(explainer, vector, listed) + offset if explainer.parts else scores
        rows.append(_rows_of_user(user_id, listed, seen_ids, total, baselines, most))
    user_ids, movie_ids, positions, kinds, rated_ids, contributions = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    return pa.table(
        {
            "user_id": user_ids,
            "movie_id": movie_ids,
            "position": positions.astype(np.int32),
            "kind": pa.array(KINDS).take(pa.array(kinds)),
            "rated_movie_id": pa.array(rated_ids, mask=kinds > 0),
            "contribution": contributions,
        }
    )


def _baselines(explainer: ListExplainer, vector: Doubles, listed: Ints) -> Doubles:
    """Return what no rating adds to (listed,); a blend has parts without such baselines."""
    catalogue = explainer.catalogue
    if not isinstance(catalogue, Catalogue):
        return np.zeros(len(listed))
    positions, _ = find_positions(catalogue.movies.ascending, listed)
    vectors = catalogue.factors[catalogue.movies.columns[positions]].astype(np.float64)
    return explainer.parts[0].baselines(vector, vectors)


def _scales(block: pa.Table, explainer: ListExplainer) -> tuple[Doubles, Doubles]:
    """Return by what a blend multiplies the scores of each part (users, parts), and adds (users,).

    A blend subtracts the mean of a part's scores and divides by their standard deviation.
    """
    scales = np.ones((block.num_rows, len(explainer.parts)))
    offsets = np.zeros(block.num_rows)
    if explainer.parts and isinstance(explainer.catalogue, BlendedCatalogue):
        for number, (part, scores) in enumerate(explainer.catalogue.part_scores(block)):
            means, deviations = moments(scores)
            divided = np.divide(
                part.weight, deviations, out=np.zeros_like(means), where=deviations > 0
            )
            scales[:, number] = divided
            offsets -= divided * means
    return scales, offsets


def _rows_of_user(
    user_id: int, listed: Ints, seen_ids: Ints, total: Doubles, baselines: Doubles, most: int
) -> tuple[NDArray[Any], ...]:
    """Return user, movie, position, number of the kind, rated movie and contribution of each row.

    ``total`` (seen, listed) has the contribution of each seen movie to each score. The rows are the
    ``most`` largest contributions, the sum of the others, and the baseline. A row whose
    contribution is 0 is left out, but every listed movie has at least one row.
    """
    order = largest_first(total, most)
    named = len(order)
    largest = np.take_along_axis(total, order, axis=0)
    others = total.sum(axis=0) - largest.sum(axis=0)
    counts = np.count_nonzero(total, axis=0)
    contributions = np.vstack([largest, others, baselines])
    has_row = np.vstack([largest != 0, counts > named, (baselines != 0) | (counts == 0)])
    rated = np.vstack([seen_ids[order], np.zeros((2, len(listed)), np.int64)])
    movies, rows = np.nonzero(has_row.T)
    return (
        np.full(len(movies), user_id),
        listed[movies],
        rows + 1,
        np.maximum(rows - named + 1, 0),
        rated[rows, movies],
        contributions[rows, movies],
    )


def _lists(column: pa.ChunkedArray) -> Iterator[NDArray[Any]]:
    """Yield the lists of a column as arrays."""
    lengths = pc.list_value_length(column).to_numpy()
    return iter(np.split(pc.list_flatten(column).to_numpy(), np.cumsum(lengths)[:-1]))


def _ratings_of_parts(column: pa.ChunkedArray, parts: int) -> Iterator[list[tuple[Ints, Floats]]]:
    """Yield, for each user, the rated movies and the values as each part of the algorithm has them.

    ``column`` has lists of ``part, movie_id, value``.
    """
    flat = pc.list_flatten(column).combine_chunks()
    numbers, movie_ids, values = (flat.field(i).to_numpy() for i in range(3))
    stops = np.cumsum(pc.list_value_length(column).to_numpy())
    for first, last in zip(np.append(0, stops[:-1]), stops, strict=True):
        own = [np.flatnonzero(numbers[first:last] == part) + first for part in range(parts)]
        yield [(movie_ids[rows], values[rows].astype(np.float32)) for rows in own]
