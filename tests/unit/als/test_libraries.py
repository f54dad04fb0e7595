"""Fits of MovieLens 100k are as good as those of MLlib and implicit on the same rows."""

import numpy as np
import pytest
from pyspark.ml.recommendation import ALS

from reelhouse.als import Settings, fit, fit_packed
from reelhouse.als.ratings import LocalRatings
from reelhouse.paths import DATA
from reelhouse.ranking.all_users import rank_all

N = 10


@pytest.fixture(scope="module")
def movielens():
    """Train rows and test rows (user, movie, rating): a tenth, of users and movies in train."""
    rows = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:, :3]
    held_out = np.random.default_rng(0).random(len(rows)) < 0.1
    train, test = rows[~held_out], rows[held_out]
    known = np.isin(test[:, 0], train[:, 0]) & np.isin(test[:, 1], train[:, 1])
    return train, test[known]


def rmse(fitted, test):
    users, movies = (
        fitted.factors[side][np.searchsorted(fitted.ids[side], test[:, column])]
        for column, side in enumerate(("user", "movie"))
    )
    predicted = np.clip(np.einsum("ij,ij->i", users, movies), 1, 5)
    return np.sqrt(np.mean((predicted - test[:, 2]) ** 2))


def frame(spark, rows):
    return spark.createDataFrame(rows.tolist(), "user_id bigint, movie_id bigint, value bigint")


def rmse_of_mllib(train, test, settings):
    als = ALS(
        userCol="user_id",
        itemCol="movie_id",
        ratingCol="value",
        rank=settings.factors,
        regParam=settings.reg,
        maxIter=settings.iterations,
        seed=1,
    )
    table = als.fit(train).transform(test).select("value", "prediction").toArrow()
    ratings, predictions = (column.to_numpy() for column in table.columns)
    return np.sqrt(np.mean((np.clip(predictions, 1, 5) - ratings) ** 2))


@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_als_wr_predicts_as_well_as_mllib(spark, movielens, solver):
    train, test = movielens
    settings = Settings(factors=16, reg=0.1, iterations=10, feedback="explicit", solver=solver)
    rows = frame(spark, train)
    ours = rmse(fit(rows, settings, seed=1), test)
    theirs = rmse_of_mllib(rows, frame(spark, test), settings)
    assert 0.9 < theirs < 0.95
    assert ours <= theirs + 0.003


def ndcg(chosen, relevant):
    """Mean NDCG@10 of lists (users, 10) of the users who have a relevant movie (users, movies)."""
    discounts = 1 / np.log2(np.arange(2, N + 2))
    hits = np.take_along_axis(relevant, chosen, axis=1)
    counts = relevant.sum(axis=1)
    ideal = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(counts, N)]
    return np.mean((hits @ discounts)[counts > 0] / ideal[counts > 0])


@pytest.mark.filterwarnings("ignore:OpenBLAS")
def test_implicit_feedback_ranks_as_well_as_the_library_implicit(movielens):
    sparse = pytest.importorskip("scipy.sparse")
    als = pytest.importorskip("implicit.cpu.als")
    train, test = (rows[rows[:, 2] >= 4] for rows in movielens)
    packed = LocalRatings(train[:, 0], train[:, 1], np.ones(len(train)))
    seen, movies = packed.csr["user"], packed.ids["movie"]
    shape = (len(packed.ids["user"]), len(movies))
    test = test[np.isin(test[:, 0], packed.ids["user"]) & np.isin(test[:, 1], movies)]
    relevant = np.zeros(shape, bool)
    relevant[
        np.searchsorted(packed.ids["user"], test[:, 0]), np.searchsorted(movies, test[:, 1])
    ] = True

    # In implicit, the regularisation does not grow with the number of ratings, and alpha is the
    # whole weight of an observed pair. Here alpha is added to 1, the weight of a missing pair.
    settings = Settings(
        factors=32, reg=10.0, reg_exponent=0.0, iterations=15, feedback="implicit", alpha=4.0
    )
    ours, theirs = [], []
    for seed in range(3):
        fitted = fit_packed(packed, settings, seed=seed)
        chosen, _ = rank_all(
            fitted.factors["user"], fitted.factors["movie"], seen.indptr, seen.columns, N, threads=2
        )
        ours.append(ndcg(chosen, relevant))
        model = als.AlternatingLeastSquares(
            factors=32, regularization=10.0, alpha=5.0, iterations=15, random_state=seed
        )
        matrix = sparse.csr_matrix((seen.values, seen.columns, seen.indptr), shape=shape)
        model.fit(matrix, show_progress=False)
        lists, _ = model.recommend(
            np.arange(shape[0]), matrix, N=N, filter_already_liked_items=True
        )
        theirs.append(ndcg(lists, relevant))
    assert 0.2 < np.mean(theirs) < 0.5
    # Their standard deviation over seeds is about 0.002.
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.006)
