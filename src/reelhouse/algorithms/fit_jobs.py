"""What is fitted: every enabled row of some families, under every protocol and fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from reelhouse.algorithms.validation import (
    HeldOut,
    Popularity,
    Rows,
    judge_of_errors,
    judge_of_lists,
)
from reelhouse.als.fit import Judge
from reelhouse.als.ratings import Side
from reelhouse.als.settings import Ints
from reelhouse.errors import ReelhouseError

RESIDUAL_FAMILIES = ("biased_als", "svd")
USERS_JUDGED = 20_000
"""Most users whose lists are ranked for the validation error after an iteration."""
RATED = ("split", "user_id", "movie_id", "rating", "is_relevant", "residual")


class Run(NamedTuple):
    """One fit: an algorithm on the observations of a protocol and fold.

    ``observations``: ``split, user_id, movie_id, value``, where the value is what the feedback
    says: the rating or the residual (explicit), 1 for every relevant rating (implicit), or from 0
    for the lowest rating to 1 for every relevant one (graded). ``rated``: all ratings, also those
    that are no observation. ``scale``: the row of int_rating_scale.
    """

    algorithm: Row
    protocol: str
    fold: int
    observations: DataFrame
    rated: DataFrame
    scale: Row
    hint: str

    @property
    def labels(self) -> dict[str, Any]:
        """The columns that name the fit in a table."""
        return {
            "algorithm": self.algorithm["algorithm"],
            "protocol": self.protocol,
            "fold": self.fold,
        }

    @property
    def label(self) -> str:
        """The fit in a line of the terminal."""
        return " ".join(str(value) for value in self.labels.values())

    def refused(self, error: ReelhouseError) -> ReelhouseError:
        """The error with the name of the fit."""
        return ReelhouseError(f"{self.label}{self.hint}: {error}")

    def rows(self, splits: str = "split <> 'fold_in'") -> Rows:
        """The observations of some splits, by default those of the fit, as arrays."""
        return collected(self.observations.where(splits))


def runs(
    evaluations: DataFrame,
    ratings: DataFrame,
    families: Sequence[str],
    *,
    scale: DataFrame,
) -> Iterator[Run]:
    """The fits of some families, fold by fold.

    ``evaluations``: the columns of seeds/algorithms.csv, ``protocol, fold, skipped_because``.
    ``ratings``: ``protocol, fold, user_id, movie_id, split, rating, is_relevant, residual``.
    ``scale``: int_rating_scale.
    """
    wanted = F.col("family").isin(*families) & F.col("skipped_because").isNull()
    rows = evaluations.where(wanted).orderBy("protocol", "fold", "algorithm").collect()
    if not rows:
        return
    ends = scale.collect()[0]
    for (protocol, fold), algorithms in groupby(rows, lambda row: (row["protocol"], row["fold"])):
        mine = ratings.where((F.col("protocol") == protocol) & (F.col("fold") == fold))
        rated = mine.select(*RATED).cache()
        for row in algorithms:
            observations = observed(rated, row, ends)
            implicit = row["feedback"] == "implicit"
            hint = f", ratings from {ends['relevant_rating']:g} up" if implicit else ""
            yield Run(row, protocol, fold, observations, rated, ends, hint)
        rated.unpersist()


def observed(rated: DataFrame, algorithm: Row, scale: Row) -> DataFrame:
    """``split, user_id, movie_id, value``: what the algorithm is fitted on, as in ``Run``.

    ``rated``: ``split, user_id, movie_id, rating, is_relevant, residual``. ``scale``: the row of
    int_rating_scale.
    """
    if algorithm["feedback"] == "implicit":
        rated, value = rated.where("is_relevant"), F.lit(1.0)
    elif algorithm["feedback"] == "graded":
        way = max(scale["relevant_rating"] - scale["rating_min"], 1e-9)
        liking = (F.col("rating") - scale["rating_min"]) / way
        value = F.when(F.col("is_relevant"), 1.0).otherwise(F.least(liking, F.lit(1.0)))
    else:
        value = F.col("residual" if algorithm["family"] in RESIDUAL_FAMILIES else "rating")
    return rated.select("split", "user_id", "movie_id", value.alias("value"))


def collected(observations: DataFrame) -> Rows:
    """``user_id, movie_id, value`` as arrays."""
    table = observations.select("user_id", "movie_id", "value").toArrow()
    return Rows(*(column.to_numpy() for column in table.columns))


def judge_of(
    algorithm: Row, ids: dict[Side, Ints], rated: DataFrame, scale: Row, *, seed: int, threads: int
) -> Judge:
    """Return the judge of fits of the train rows: their error on the validation rows.

    The error is the RMSE for explicit feedback, else 1 - NDCG@10. ``ids`` are the users and movies
    with factors; ``rated`` and ``scale`` are as in ``Run``.
    """
    if algorithm["feedback"] == "explicit":
        of_residuals = algorithm["family"] in RESIDUAL_FAMILIES
        return judge_of_errors(ids, held_out_ratings(rated, scale), of_residuals=of_residuals)
    return judge_of_lists(ids, *_lists_to_judge(rated), seed=seed, threads=threads)


def held_out_ratings(rated: DataFrame, scale: Row) -> HeldOut:
    """Return the validation rows to predict; ``rated`` and ``scale`` are as in ``Run``."""
    validation = rated.where("split = 'validation'").withColumn("value", F.col("rating"))
    # One query, so that rows and residuals have the same order.
    table = validation.select("user_id", "movie_id", "value", "residual").toArrow()
    *columns, residuals = (column.to_numpy() for column in table.columns)
    rows = Rows(*columns)
    return HeldOut(rows, rows.values - residuals, scale["rating_min"], scale["rating_max"])


def _lists_to_judge(rated: DataFrame) -> tuple[Rows, Rows, Popularity]:
    """Return relevant validation rows of up to ``USERS_JUDGED`` users, their train rows, and all
    movies of the train rows.
    """
    rated = rated.withColumn("value", F.lit(1.0))
    relevant = rated.where("split = 'validation' and is_relevant")
    users = relevant.select("user_id").distinct()
    users = users.orderBy(F.xxhash64("user_id")).limit(USERS_JUDGED).cache()
    train = rated.where("split = 'train'")
    counts = train.groupBy("movie_id").count().orderBy("movie_id").toArrow()
    return (
        collected(relevant.join(users, "user_id", "left_semi")),
        collected(train.join(users, "user_id", "left_semi")),
        Popularity(*(column.to_numpy() for column in counts.columns)),
    )
