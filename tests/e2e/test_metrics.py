"""Every metric of the real output against an implementation that is not ours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ranx import Qrels, Run, evaluate
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

KEYS = ["algorithm", "protocol", "fold"]
RELEVANT = 4
CUTOFFS = (5, 10, 20)


@pytest.fixture(scope="module")
def frames(movielens):
    names = (
        "predictions", "rating_metrics", "ranking_metrics", "user_ranking_metrics",
        "evaluated_recommendations", "interactions", "rating_splits", "movies",
    )  # fmt: skip
    return {name: movielens.table(name).to_pandas() for name in names}


@pytest.fixture(scope="module")
def relevant(frames):
    """Relevant test movies by protocol and user, users without any included."""
    splits = frames["rating_splits"][["protocol", "user_id", "movie_id", "split"]]
    splits = splits.merge(frames["interactions"], on=["user_id", "movie_id"])
    test = splits[splits.split == "test"]
    return {
        key: set(rows.movie_id[rows.rating >= RELEVANT])
        for key, rows in test.groupby(["protocol", "user_id"])
    }


@pytest.fixture(scope="module")
def lists(frames):
    """Recommended movies in order, by algorithm, protocol and user."""
    ordered = frames["evaluated_recommendations"].sort_values("rank")
    return {
        key: list(rows.movie_id)
        for key, rows in ordered.groupby(["algorithm", "protocol", "user_id"])
    }


@pytest.mark.parametrize(
    ("metric", "function"),
    [("rmse", root_mean_squared_error), ("mae", mean_absolute_error), ("r2", r2_score)],
)
def test_rating_metrics_equal_scikit_learn(frames, metric, function):
    expected = (
        frames["predictions"]
        .groupby(KEYS)
        .apply(lambda rows: function(rows.rating, rows.prediction))
    )
    found = frames["rating_metrics"].query("metric == @metric").set_index(KEYS).value
    assert len(found) == len(expected) > 0
    assert found.to_dict() == pytest.approx(expected.to_dict(), abs=1e-9)


def brute_force(listed, relevant_movies, k):
    """Metrics of one list by their definitions, one movie at a time."""
    hits, precisions, gains, first = 0, [], [], 0.0
    for rank, movie in enumerate(listed[:k], start=1):
        if movie in relevant_movies:
            hits += 1
            precisions.append(hits / rank)
            gains.append(1 / np.log2(rank + 1))
            first = first or 1 / rank
    longest = min(k, len(relevant_movies))
    ideal, full_ideal = (
        sum(1 / np.log2(rank + 1) for rank in range(1, last + 1))
        for last in (longest, len(relevant_movies))
    )
    return {
        "precision": hits / k,
        "recall": hits / len(relevant_movies),
        "capped_recall": hits / longest,
        "hit_rate": float(hits > 0),
        "average_precision": sum(precisions) / longest,
        "reciprocal_rank": first,
        "ndcg": sum(gains) / ideal,
        "ndcg_with_full_ideal": sum(gains) / full_ideal,
    }


def test_user_ranking_metrics_equal_brute_force(frames, relevant, lists):
    rows = frames["user_ranking_metrics"]
    with_relevant = rows[rows.relevant_count > 0]
    expected = pd.DataFrame(
        brute_force(
            lists[row.algorithm, row.protocol, row.user_id],
            relevant[row.protocol, row.user_id],
            row.k,
        )
        for row in with_relevant.itertuples()
    )
    found = with_relevant[expected.columns].to_numpy(dtype=float)
    assert len(expected) > 10_000
    np.testing.assert_allclose(found, expected.to_numpy(), atol=1e-9, rtol=0)
    without_relevant = rows[rows.relevant_count == 0]
    assert len(without_relevant) > 0
    assert without_relevant[list(expected.columns)].isna().all(axis=None)


def test_ranking_metrics_are_the_means_over_users(frames):
    renamed = frames["user_ranking_metrics"].rename(
        columns={"average_precision": "map", "reciprocal_rank": "mrr"}
    )
    metrics = [
        "precision", "recall", "capped_recall", "hit_rate", "map", "mrr", "ndcg",
        "ndcg_with_full_ideal", "novelty", "mean_popularity", "diversity",
    ]  # fmt: skip
    expected = renamed.groupby([*KEYS, "k"])[metrics].mean().stack().to_dict()
    kinds = {False: "ndcg_of_warm", True: "ndcg_of_cold"}
    by_kind = renamed.groupby([*KEYS, "k", renamed.is_cold.map(kinds)]).ndcg.mean()
    expected |= by_kind.to_dict()
    found = frames["ranking_metrics"].query("metric not in ('catalogue_coverage', 'exposure_gini')")
    found = found.set_index([*KEYS, "k", "metric"]).value
    assert found.to_dict() == pytest.approx(expected, abs=1e-9)


def test_cold_users_have_no_rating_in_the_rows_of_the_fit(frames):
    fitted = frames["rating_splits"].query("split != 'test'")
    known = {protocol: set(rows.user_id) for protocol, rows in fitted.groupby("protocol")}
    rows = frames["user_ranking_metrics"]
    cold = [
        user not in known[protocol]
        for protocol, user in zip(rows.protocol, rows.user_id, strict=True)
    ]
    assert (rows.is_cold == cold).all()
    assert rows.is_cold[rows.protocol == "global_time"].any()
    assert not rows.is_cold[rows.protocol == "random"].any()


def test_an_algorithm_that_needs_nothing_of_the_user_ranks_for_cold_users_itself(movielens, frames):
    """A list is that of popularity only if the fit has no vector or like of the user."""
    of_cold = frames["user_ranking_metrics"].query("is_cold and k == 10")
    keys = ["algorithm", "protocol", "user_id"]
    rows = frames["evaluated_recommendations"].merge(of_cold[keys], on=keys)
    rows = rows[rows.protocol == "global_time"].sort_values(["user_id", "rank"])
    fitted = frames["rating_splits"].query("protocol == 'global_time' and split != 'test'")
    biases = movielens.table("rating_biases").to_pandas()
    biases = biases.query("protocol == 'global_time' and side == 'movie'").set_index("id")
    algorithms = movielens.table("algorithms").to_pandas().set_index("algorithm")
    days = pd.Timedelta(days=int(algorithms.window_days["recent_popularity"]))
    recent = fitted[fitted.rated_at > fitted.rated_at.max() - days]
    expected = {
        "popularity": biases.rating_count,
        "recent_popularity": recent.groupby("movie_id").size(),
        "movie_mean": biases.mean_rating,
        "user_mean": biases.global_mean,
        "damped_bias": biases.global_mean + biases.bias,
    }
    length = max(CUTOFFS)
    for algorithm, scores in expected.items():
        best = scores.nlargest(length).to_numpy()
        for _, mine in rows[rows.algorithm == algorithm].groupby("user_id"):
            assert mine.score.to_numpy() == pytest.approx(best, rel=1e-6)
    popular = rows[rows.algorithm == "popularity"].movie_id.to_numpy()
    assert len(popular) > 0
    factored = ("als_graded", "als_implicit", "als_residual", "bayesian_mf", "svd")
    for algorithm in (*factored, "item_knn", "ease"):
        assert (rows[rows.algorithm == algorithm].movie_id.to_numpy() == popular).all(), algorithm


def test_algorithms_are_in_the_order_that_movielens_is_known_for(movielens):
    """Biases predict better than means, factors than biases, and averaged factors better still."""
    compared = movielens.table("model_comparison").to_pandas().query("protocol == 'random'")
    compared = compared.set_index("algorithm")
    rmse, ndcg = compared.rmse, compared.ndcg_at_10
    means = ["global_mean", "user_mean", "movie_mean"]
    assert rmse["bayesian_mf"] < rmse["als_residual"] < rmse["damped_bias"] < rmse[means].min()
    # An implicit fit without this lead has a bug.
    assert ndcg["random"] < ndcg["popularity"] < ndcg["als_implicit"] / 1.8


@pytest.mark.parametrize("algorithm", ["als_graded", "ease", "item_knn", "popularity", "random"])
@pytest.mark.slow
def test_ranking_metrics_equal_ranx(frames, relevant, lists, algorithm):
    """Where ranx means the same: its MAP divides by all relevant movies, not by min(k, …)."""
    names = {"precision": "precision", "recall": "recall", "hit_rate": "hit_rate", "mrr": "mrr",
             "ndcg": "ndcg"}  # fmt: skip
    users = {user: movies for (protocol, user), movies in relevant.items()
             if protocol == "random" and movies}  # fmt: skip
    qrels = Qrels({str(u): {str(m): 1 for m in movies} for u, movies in users.items()})
    run = Run(
        {
            str(u): {str(m): float(-rank) for rank, m in enumerate(lists[algorithm, "random", u])}
            for u in users
        }
    )
    rows = frames["ranking_metrics"].query("algorithm == @algorithm and protocol == 'random'")
    for k in CUTOFFS:
        found = rows[rows.k == k].set_index("metric").value
        expected = evaluate(qrels, run, [f"{theirs}@{k}" for theirs in names.values()])
        for ours, theirs in names.items():
            assert found[ours] == pytest.approx(expected[f"{theirs}@{k}"], abs=1e-9), (ours, k)


def test_beyond_accuracy_metrics_equal_brute_force(frames, lists):
    splits = frames["rating_splits"].query("split != 'test'")
    genres = {
        movie: set(text.split("|")) if isinstance(text, str) else set()
        for movie, text in frames["movies"].set_index("movie_id").genres.items()
    }
    rows = frames["user_ranking_metrics"].sample(2000, random_state=0)
    counts = {p: s.groupby("movie_id").size() for p, s in splits.groupby("protocol")}
    users = {p: s.user_id.nunique() for p, s in splits.groupby("protocol")}

    def distance(one, other):
        union = genres[one] | genres[other]
        return 1 - len(genres[one] & genres[other]) / len(union) if union else 0.0

    for row in rows.itertuples():
        chosen = lists[row.algorithm, row.protocol, row.user_id][: row.k]
        seen_by = counts[row.protocol][chosen].to_numpy()
        pairs = [(a, b) for i, a in enumerate(chosen) for b in chosen[:i]]
        assert row.mean_popularity == pytest.approx(seen_by.mean(), abs=1e-9)
        assert row.novelty == pytest.approx(
            -np.log2(seen_by / users[row.protocol]).mean(), abs=1e-9
        )
        assert row.diversity == pytest.approx(np.mean([distance(*p) for p in pairs]), abs=1e-9)


def test_coverage_equals_brute_force(frames, lists):
    splits = frames["rating_splits"].query("split != 'test'")
    found = frames["ranking_metrics"].query("metric == 'catalogue_coverage'")
    assert len(found) > 0
    for row in found.itertuples():
        shown = {
            movie
            for (algorithm, protocol, _), movies in lists.items()
            if (algorithm, protocol) == (row.algorithm, row.protocol)
            for movie in movies[: row.k]
        }
        catalogue = splits[splits.protocol == row.protocol].movie_id.nunique()
        assert row.value == pytest.approx(len(shown) / catalogue, abs=1e-9)
