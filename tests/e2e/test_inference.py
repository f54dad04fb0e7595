"""Intervals, paired tests, exposure and neighbours of the real output, by scipy and by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.sparse import csr_matrix

from benchmarks.damped_bias import damped_bias_factors

METRICS = {"ndcg_at_10", "recall_at_20", "squared_error"}


@pytest.fixture(scope="module")
def scores(movielens):
    """Users × algorithms, by protocol and metric."""
    rows = movielens.table("int_user_metrics").to_pandas()
    return {
        key: mine.pivot_table(index="user_id", columns="algorithm", values="value")
        for key, mine in rows.groupby(["protocol", "metric"])
    }


def test_paired_tests_equal_scipy(movielens, scores):
    found = movielens.table("paired_tests").to_pandas()
    assert set(found.metric) == METRICS
    for (protocol, metric), table in scores.items():
        rows = found[(found.protocol == protocol) & (found.metric == metric)]
        pairs = zip(rows.algorithm, rows.other_algorithm, strict=True)
        # Each pair has one row, in one of its two orders.
        assert sorted(map(sorted, pairs)) == list(
            map(list, itertools.combinations(sorted(table.columns), 2))
        )
        better = table.mean() * (-1 if metric == "squared_error" else 1)
        expected = []
        for row in rows.itertuples():
            one, other = table[row.algorithm], table[row.other_algorithm]
            assert better[row.algorithm] >= better[row.other_algorithm]
            assert row.difference == pytest.approx((one - other).mean(), abs=1e-9)
            if np.ptp(one - other) == 0:  # the same lists by other scores
                assert row.p_value == 1
                expected.append(1.0)
                continue
            tested = stats.ttest_rel(one, other)
            interval = tested.confidence_interval()
            assert row.p_value == pytest.approx(tested.pvalue, rel=1e-6, abs=1e-12)
            assert row.ci_lower == pytest.approx(interval.low, rel=1e-6, abs=1e-9)
            assert row.ci_upper == pytest.approx(interval.high, rel=1e-6, abs=1e-9)
            expected.append(tested.pvalue)
        ordered = np.sort(expected)
        holm = np.minimum(1, np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1)))
        assert np.sort(rows.holm_p_value) == pytest.approx(holm, rel=1e-6, abs=1e-10)
        assert (rows.is_significant == (rows.holm_p_value < 0.05)).all()


def test_verdicts_are_those_of_the_paired_tests(movielens, scores):
    compared = movielens.table("model_comparison").to_pandas().set_index(["protocol", "algorithm"])
    tested = movielens.table("paired_tests").to_pandas()
    for (protocol, metric), table in scores.items():
        column = "rmse_verdict" if metric == "squared_error" else f"{metric}_verdict"
        verdicts = compared.loc[protocol][column].dropna()
        assert set(verdicts.index) == set(table.columns)
        best = verdicts.index[verdicts == "best"].item()
        mine = tested[(tested.protocol == protocol) & (tested.metric == metric)]
        real = set(mine[(mine.algorithm == best) & mine.is_significant].other_algorithm)
        assert {name for name, text in verdicts.items() if text == f"worse than {best}"} == real


def test_the_better_baselines_are_those_of_the_paired_tests(movielens):
    compared = movielens.table("model_comparison").to_pandas()
    tested = movielens.table("paired_tests").to_pandas()
    rows = movielens.table("algorithms").to_pandas().set_index("algorithm")
    is_baseline = rows.family.isin(["random", "popularity", "recent_popularity", "mean", "bias"])
    tested = tested[tested.is_significant & tested.algorithm.map(is_baseline)]
    named = 0
    for metric, name, sign in (("squared_error", "rmse", -1), ("ndcg_at_10", "ndcg_at_10", 1)):
        for protocol, mine in compared.groupby("protocol"):
            of_metric = tested[(tested.metric == metric) & (tested.protocol == protocol)]
            values = sign * mine.set_index("algorithm")[name]
            for row in mine.itertuples():
                better = of_metric[of_metric.other_algorithm == row.algorithm].algorithm
                found = getattr(row, f"{name}_better_baseline")
                assert pd.isna(found) == better.empty
                if not better.empty:
                    named += 1
                    assert values[found] == pytest.approx(values[better].max(), abs=1e-9)
    # als_residual predicts ratings, and ranks worse than popularity.
    assert named > 5


def test_intervals_of_means_count_users(movielens):
    users = movielens.table("user_ranking_metrics").to_pandas()
    found = movielens.table("ranking_metrics").to_pandas().query("metric == 'ndcg' and k == 10")
    assert len(found) > 10
    for row in found.itertuples():
        mine = users[
            (users.algorithm == row.algorithm) & (users.protocol == row.protocol) & (users.k == 10)
        ].ndcg.dropna()
        half = stats.t.ppf(0.975, len(mine) - 1) * stats.sem(mine)
        assert row.ci_upper - row.value == pytest.approx(half, rel=1e-6)
        assert row.value - row.ci_lower == pytest.approx(half, rel=1e-6)


def test_the_interval_of_rmse_is_that_of_a_bootstrap_over_users(movielens):
    rows = movielens.table("predictions").to_pandas().query("protocol == 'random'")
    rows = rows[rows.algorithm == "als_residual"]
    sums = (
        rows.assign(error=(rows.rating - rows.prediction) ** 2)
        .groupby("user_id")
        .error.agg(["sum", "count"])
        .to_numpy()
    )
    random = np.random.default_rng(0)
    drawn = sums[random.integers(len(sums), size=(4000, len(sums)))].sum(axis=1)
    low, high = np.quantile(np.sqrt(drawn[:, 0] / drawn[:, 1]), [0.025, 0.975])
    found = movielens.table("rating_metrics").to_pandas().query("protocol == 'random'")
    found = found[(found.algorithm == "als_residual") & (found.metric == "rmse")]
    width = high - low
    assert found.ci_lower.item() == pytest.approx(low, abs=0.1 * width)
    assert found.ci_upper.item() == pytest.approx(high, abs=0.1 * width)


def test_exposure_gini_equals_its_definition(movielens):
    lists = movielens.table("evaluated_recommendations").to_pandas()
    biases = movielens.table("rating_biases").to_pandas().query("side == 'movie'")
    found = movielens.table("ranking_metrics").to_pandas()
    found = found.query("metric == 'exposure_gini' and k == 10 and protocol == 'random'")
    movies = biases[biases.protocol == "random"].id.to_numpy()
    assert len(found) > 10
    for row in found.itertuples():
        mine = lists[
            (lists.algorithm == row.algorithm)
            & (lists.protocol == "random")
            & (lists["rank"] <= 10)
        ]
        counts = mine.movie_id.value_counts().reindex(movies, fill_value=0).to_numpy(float)
        differences = np.abs(counts[:, None] - counts[None, :]).mean()
        assert row.value == pytest.approx(differences / (2 * counts.mean()), abs=1e-9)


def test_deciles_of_users_add_up_to_all(movielens):
    deciles = movielens.table("metrics_by_decile").to_pandas()
    whole = movielens.table("rating_metrics").to_pandas().query("metric == 'rmse'")
    for row in whole.itertuples():
        for side in ("user", "movie"):
            mine = deciles[
                (deciles.algorithm == row.algorithm)
                & (deciles.protocol == row.protocol)
                & (deciles.side == side)
                & (deciles.metric == "rmse")
            ]
            assert mine.decile.is_unique
            assert mine.row_count.sum() == row.row_count
            pooled = np.sqrt((mine.value**2 * mine.row_count).sum() / row.row_count)
            assert pooled == pytest.approx(row.value, abs=1e-9)


def test_the_damped_biases_equal_their_definition(movielens):
    rated = movielens.table("rating_splits").to_pandas().query("protocol == 'random'")
    fitted = rated[rated.split != "test"]
    users, movies = np.unique(fitted.user_id), np.unique(fitted.movie_id)
    rows = movielens.table("algorithms").to_pandas().set_index("algorithm")
    damping = rows.loc["damped_bias"].reg
    u, m = damped_bias_factors(matrix_of(fitted, users, movies, fitted.rating), damping)
    biases = movielens.table("rating_biases").to_pandas().query("protocol == 'random'")
    of_users, of_movies = (
        biases[biases.side == side].set_index("id").bias[ids].to_numpy()
        for side, ids in (("user", users), ("movie", movies))
    )
    assert u[:, 0] == pytest.approx(of_users, abs=1e-5)
    assert m[:, 1] == pytest.approx(biases.global_mean.iloc[0] + of_movies, abs=1e-5)


def matrix_of(rows, users, movies, values):
    """Values (rows,) as a matrix (users, movies)."""
    places = np.searchsorted(users, rows.user_id), np.searchsorted(movies, rows.movie_id)
    return csr_matrix((values, places), (len(users), len(movies)))


def test_recent_popularity_ranks_the_newest_ratings_better_than_popularity(movielens):
    """Under global_time, the test rows are the newest ratings."""
    compared = movielens.table("model_comparison").to_pandas().query("protocol == 'global_time'")
    ndcg = compared.set_index("algorithm").ndcg_at_10
    assert ndcg["recent_popularity"] > ndcg["popularity"]
