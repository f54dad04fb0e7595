"""Folds that are ranked together fit into memory together."""

import pytest

from reelhouse.ranking.folds import batches_of_folds, rows_of_folds


@pytest.fixture
def movies(spark):
    """Return movies of three folds with 4, 2 and 8 factors, and of another protocol with 2."""
    folds = [("kfold", 0, 4), ("kfold", 1, 2), ("kfold", 2, 8), ("all", 0, 2)]
    return spark.createDataFrame(
        [(protocol, fold, [0.5] * count) for protocol, fold, count in folds],
        "protocol string, fold int, factors array<float>",
    )


def test_a_batch_is_as_large_as_memory_allows_or_a_single_fold(movies, monkeypatch):
    monkeypatch.setattr("reelhouse.ranking.folds.BATCH_CELLS", 6)
    assert list(batches_of_folds(movies, None)) == [
        [("all", 0), ("kfold", 0)],
        [("kfold", 1)],
        [("kfold", 2)],
    ]


def test_weights_take_memory_too(spark, movies, monkeypatch):
    monkeypatch.setattr("reelhouse.ranking.folds.BATCH_CELLS", 6)
    weights = spark.createDataFrame(
        [("kfold", 0, [0.5]), ("given", 0, [0.5])],
        "protocol string, fold int, weights array<float>",
    )
    assert list(batches_of_folds(movies, weights)) == [
        [("all", 0), ("given", 0)],
        [("kfold", 0)],
        [("kfold", 1)],
        [("kfold", 2)],
    ]


def test_rows_of_other_folds_are_left_out(movies):
    rows = rows_of_folds(movies, [("kfold", 1), ("all", 0)])
    assert {(row["protocol"], row["fold"]) for row in rows.collect()} == {("kfold", 1), ("all", 0)}
