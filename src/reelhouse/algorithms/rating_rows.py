"""Ratings as arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray
from pyspark.sql import DataFrame

from reelhouse.als.settings import Ints


class RatingRows(NamedTuple):
    """User ids, movie ids and values (n,) of ratings."""

    user_ids: Ints
    movie_ids: Ints
    values: NDArray[Any]


def collect_rows(ratings: DataFrame) -> RatingRows:
    """Return the columns ``user_id, movie_id, value`` as arrays."""
    table = ratings.select("user_id", "movie_id", "value").toArrow()
    return RatingRows(*(column.to_numpy() for column in table.columns))
