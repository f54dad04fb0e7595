"""Which algorithms the data is too large for."""

import pytest
from pyspark.sql import Row

from reelhouse.tuning.size_limits import DataSizes, SizeLimits, data_sizes, is_within

LIMITS = SizeLimits(item_knn_pairs=100, ease_movies=10, named=("svd", "auto"))
SIZES = DataSizes(ratings=50, pairs=100, movies=10)


def row(algorithm, family, rating_limit=None):
    return Row(algorithm=algorithm, family=family, rating_limit=rating_limit)


def test_the_sizes_are_those_of_all_ratings(spark):
    splits = spark.createDataFrame(
        [
            *(("all", 1, 10, True), ("all", 1, 20, True), ("all", 1, 30, False)),
            *(("all", 2, 10, True), ("random", 3, 40, True)),
        ],
        "protocol string, user_id long, movie_id long, is_relevant boolean",
    )
    assert data_sizes(splits) == DataSizes(ratings=4, pairs=2**2 + 1**2, movies=3)


@pytest.mark.parametrize(
    ("algorithm", "sizes", "expected"),
    [
        (row("als", "als", 50), SIZES, True),
        (row("als", "als", 49), SIZES, False),
        (row("svd", "svd", 49), SIZES, True),
        (row("item_knn", "item_knn"), SIZES, True),
        (row("item_knn", "item_knn"), SIZES._replace(pairs=101), False),
        (row("ease", "ease"), SIZES, True),
        (row("ease", "ease"), SIZES._replace(movies=11), False),
    ],
)
def test_an_algorithm_beyond_a_limit_has_no_trials_unless_a_var_names_it(
    algorithm, sizes, expected
):
    assert is_within(algorithm, LIMITS, sizes) == expected
