"""Generate any number of ratings in the format of MovieLens, from a seed.

A user rates from 20 to 9,000 movies (log-normal), most of them from a few favourite genres, and
movies within a genre by their popularity (log-normal weights). A rating is

    3.5 + user bias + movie bias + taste · traits + noise, rounded to halves from 0.5 to 5

and `expected_rating` is the mean of the rating over the noise. No model can predict better, so that
the RMSE of `expected_rating` is the lowest possible one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtr

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

GENRES, FAVOURITES = 20, 3
DIMENSIONS = 8
NOISE = 0.75
LEAST, MOST = 20, 9_000
MEAN = 116  # ratings per user in `shape_of`
USERS_PER_BLOCK = 512
FIRST_DAY = 800_000_000  # May 1995
SCHEMA = (
    "user_id bigint, movie_id bigint, rating double, rated_at timestamp, expected_rating double"
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Shape(NamedTuple):
    """Numbers of ratings (approximate), users and movies to generate."""

    ratings: int
    users: int
    movies: int


class Movies(NamedTuple):
    """Movies, sorted by genre: ids, biases, traits (movies, dimensions) and bounds of draws.

    A draw x in [g, g + 1) is the first movie of genre g whose ``upper_bounds`` is above x.
    """

    ids: Ints
    biases: Floats
    traits: Floats
    upper_bounds: Floats


def shape_of(ratings: int) -> Shape:
    """Return a shape with ``MEAN`` ratings per user.

    It has 27,000 movies from 16 million ratings on; below, the number of movies is proportional to
    the square root of the number of ratings.
    """
    movies = max(100, round(27_000 * min(1, ratings / 16e6) ** 0.5))
    return Shape(ratings, max(10, ratings // MEAN), movies)


def generate(spark: SparkSession, shape: Shape, seed: int = 42) -> DataFrame:
    """Generate ratings, one row per user and movie. Equal shapes and seeds give equal ratings."""

    def blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for block in batch["id"].to_pylist():
                yield generate_block(shape, seed, block)

    count = block_count(shape)
    return spark.range(0, count, numPartitions=min(count, 64)).mapInArrow(blocks, SCHEMA)


def block_count(shape: Shape) -> int:
    """Return the number of blocks of ``USERS_PER_BLOCK`` users."""
    return -(-shape.users // USERS_PER_BLOCK)


def generate_block(shape: Shape, seed: int, block: int) -> pa.RecordBatch:
    """Generate the ratings of one block of users, with the columns of ``SCHEMA``."""
    first = block * USERS_PER_BLOCK
    count = min(USERS_PER_BLOCK, shape.users - first)
    random = np.random.default_rng([seed, block])
    return _block(first, count, shape.ratings / shape.users, _movies(shape.movies, seed), random)


@cache
def _movies(count: int, seed: int) -> Movies:
    random = np.random.default_rng(seed)
    genres = np.sort(random.integers(GENRES, size=count))
    # Every genre has a movie, if there are enough movies.
    genres[: min(GENRES, count)] = np.arange(min(GENRES, count))
    genres.sort()
    weights = random.lognormal(sigma=1.5, size=count)
    upper_bounds = np.empty(count)
    for genre in range(GENRES):
        (members,) = np.nonzero(genres == genre)
        total = np.cumsum(weights[members])
        upper_bounds[members] = genre + total / total[-1]
    return Movies(
        ids=random.permutation(count) * 4 + 1,  # sparse, as those of MovieLens
        biases=random.normal(0.05 * np.log(weights), 0.4),
        traits=random.normal(size=(count, DIMENSIONS)),
        upper_bounds=upper_bounds,
    )


def _block(
    first: int, count: int, mean: float, movies: Movies, random: np.random.Generator
) -> pa.RecordBatch:
    sigma = 1.3
    mu = np.log(mean - LEAST) - sigma**2 / 2
    rating_counts = np.minimum(LEAST + random.lognormal(mu, sigma, count), MOST).astype(int)
    rating_counts = np.minimum(rating_counts, len(movies.ids) // 2)
    users, columns = _draw_pairs(rating_counts, movies, random)
    taste = random.normal(size=(count, DIMENSIONS)) * 0.45 / DIMENSIONS**0.5
    score = (
        3.5
        + random.normal(0, 0.4, count)[users]
        + movies.biases[columns]
        + np.einsum("ij,ij->i", taste[users], movies.traits[columns])
    )
    halves = np.round(2 * (score + random.normal(0, NOISE, len(users))))
    first_seconds = random.integers(600_000_000, size=count)
    seconds = FIRST_DAY + first_seconds[users] + random.integers(2_000_000, size=len(users))
    return pa.RecordBatch.from_pydict(
        {
            "user_id": first + users + 1,
            "movie_id": movies.ids[columns],
            "rating": np.clip(halves / 2, 0.5, 5),
            "rated_at": pa.array(seconds * 1_000_000, pa.timestamp("us", "UTC")),
            "expected_rating": _expected(score),
        }
    )


def _draw_pairs(
    rating_counts: Ints, movies: Movies, random: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return users and columns of distinct pairs, up to ``rating_counts`` (users,) per user."""
    users = np.repeat(np.arange(len(rating_counts)), 2 * rating_counts + 10)
    favourites = random.integers(GENRES, size=(len(rating_counts), FAVOURITES))
    genres = np.where(
        random.random(len(users)) < 0.7,
        favourites[users, random.integers(FAVOURITES, size=len(users))],
        random.integers(GENRES, size=len(users)),
    )
    columns = np.searchsorted(movies.upper_bounds, genres + random.random(len(users)), side="right")
    columns = np.minimum(columns, len(movies.ids) - 1)
    _, drawn = np.unique(users * len(movies.ids) + columns, return_index=True)
    drawn.sort()
    users, columns = users[drawn], columns[drawn]
    # Number of the pair among the pairs of its user, from 0.
    number = np.arange(len(users)) - np.searchsorted(users, users)
    is_kept = number < rating_counts[users]
    return users[is_kept], columns[is_kept]


def _expected(score: Floats) -> Floats:
    """Return the mean of the rounded and clipped rating over the noise."""
    steps = np.arange(0.75, 5, 0.5)
    above = sum(ndtr((score - step) / NOISE) for step in steps)
    return 0.5 + 0.5 * np.asarray(above)
