"""Top-N lists on Spark equal brute force."""

import hashlib

import numpy as np
import pytest
import yaml
from pyspark.sql import functions as F

from reelhouse.paths import ROOT
from reelhouse.ranking.recommend import rank_movies, rank_similar_movies

FACTORS = (
    "algorithm string, protocol string, fold int, side string, id bigint, factors array<double>"
)
USERS = (
    "algorithm string, scored_by string, protocol string, fold int, user_id bigint,"
    " factors array<double>, seen_movie_ids array<bigint>, liked_movie_ids array<bigint>"
)
N = 5


@pytest.fixture(scope="module")
def movies():
    rng = np.random.default_rng(0)
    ids = sorted(rng.choice(10**6, size=30, replace=False).tolist())
    # Small integers: scores are exact in float32, and many are equal.
    als = dict(zip(ids, rng.integers(-2, 3, size=(30, 3)).astype(float).tolist(), strict=True))
    popularity = dict(
        zip(ids[:20], rng.integers(1, 5, size=(20, 1)).astype(float).tolist(), strict=True)
    )
    return {"als": als, "popularity": popularity}


@pytest.fixture(scope="module")
def factors(spark, movies):
    rows = [
        (name, "random", 0, "movie", i, list(x)) for name in movies for i, x in movies[name].items()
    ]
    return spark.createDataFrame(rows, FACTORS)


def best(movies, user, seen):
    scores = {i: float(np.dot(user, x)) for i, x in movies.items() if i not in seen}
    return in_order(scores)[:N]


def in_order(scores):
    """Return movies and scores, best first; ties by the MD5 hash of the seed, 1, and the id."""

    def key(pair):
        return -pair[1], hashlib.md5(f"1:{pair[0]}".encode()).hexdigest()

    return sorted(scores.items(), key=key)


def test_lists_equal_brute_force_and_hold_nothing_seen(spark, movies, factors):
    rng = np.random.default_rng(1)
    ids = list(movies["als"])
    users, expected = [], {}
    for user in range(50):
        vector = rng.integers(-2, 3, size=3).astype(float).tolist()
        # Also a movie that no scorer knows, and a user who has seen all but two.
        seen = [10**9, *rng.choice(ids, size=28 if user == 7 else 9, replace=False).tolist()]
        users += [
            ("als", "als", "random", 0, user, vector, seen, []),
            ("cold", "popularity", "random", 0, user, [1.0], seen, []),
        ]
        expected["als", user] = best(movies["als"], vector, seen)
        expected["cold", user] = best(movies["popularity"], [1.0], seen)
    ranked = rank_movies(spark.createDataFrame(users, USERS), factors, n=N, seed=1).collect()
    found = {}
    for row in sorted(ranked, key=lambda row: row["rank"]):
        found.setdefault((row["algorithm"], row["user_id"]), []).append(
            (row["movie_id"], row["score"])
        )
    assert found == expected
    assert sorted({row["rank"] for row in ranked}) == list(range(1, N + 1))
    assert len(found["als", 7]) == 2


def test_folds_are_ranked_alike_together_and_one_by_one(spark, factors, monkeypatch):
    folds = factors.unionByName(factors.withColumn("fold", F.lit(1)))
    users = [
        ("als", "als", "random", fold, u, [1.0, float(u), 0.0], [], [])
        for fold in (0, 1)
        for u in (1, 2)
    ]
    frame = spark.createDataFrame(users, USERS)
    together = rank_movies(frame, folds, n=N, seed=1).collect()
    monkeypatch.setattr("reelhouse.ranking.folds.BATCH_CELLS", 1)
    assert sorted(rank_movies(frame, folds, n=N, seed=1).collect()) == sorted(together)
    assert len(together) == len(users) * N


def test_candidates_limit_the_recommendations_and_not_the_evaluation(spark, movies, factors):
    everywhere = factors.unionByName(factors.withColumn("protocol", F.lit("all")))
    users = [
        ("als", "als", protocol, 0, 1, [1.0, 0.0, 0.0], [], []) for protocol in ("random", "all")
    ]
    allowed = sorted(movies["als"])[:3]
    candidates = spark.createDataFrame([(i,) for i in allowed], "movie_id bigint")
    rows = rank_movies(
        spark.createDataFrame(users, USERS), everywhere, n=N, seed=1, candidates=candidates
    ).collect()
    found = {
        protocol: {row["movie_id"] for row in rows if row["protocol"] == protocol}
        for protocol in ("random", "all")
    }
    assert found["all"] == set(allowed)
    assert len(found["random"]) == N


WEIGHTS = (
    "algorithm string, protocol string, fold int, id bigint,"
    " neighbour_ids array<bigint>, weights array<double>"
)


def popular(factors):
    """Return factors by which ``popularity`` has all movies of ``als``."""
    return factors.where("algorithm = 'als'").withColumn("algorithm", F.lit("popularity"))


@pytest.mark.parametrize("neighbours", [3, 29, None])
def test_movies_score_by_the_liked_movies(spark, movies, factors, neighbours):
    """Three neighbours make a sparse matrix, 29 a dense one; None: rows without neighbour ids.

    The first movie has no row and scores 0.
    """
    rng = np.random.default_rng(2)
    ids = list(movies["als"])
    likeable = ids[1:]
    weights = {
        movie: dict(
            zip(
                sorted(rng.choice(likeable, neighbours or 29, replace=False).tolist()),
                rng.integers(-2, 5, neighbours or 29).astype(float).tolist(),
                strict=True,
            )
        )
        for movie in likeable
    }
    rows = [
        ("knn", "random", 0, i, list(w) if neighbours else None, list(w.values()))
        for i, w in weights.items()
    ]
    rows = [rows[i] for i in rng.permutation(len(rows))]
    users, expected = [], {}
    for user in range(40):
        # Also a movie that is nobody's neighbour.
        liked = [10**9, *rng.choice(ids, size=6, replace=False).tolist()]
        users.append(("knn", "knn", "random", 0, user, [1.0], liked, liked))
        scores = {i: sum(weights.get(i, {}).get(j, 0.0) for j in liked) for i in ids}
        expected[user] = in_order({i: s for i, s in scores.items() if i not in liked})[:N]
    ranked = rank_movies(
        spark.createDataFrame(users, USERS),
        popular(factors),
        n=N,
        seed=1,
        weights=spark.createDataFrame(rows, WEIGHTS),
    ).collect()
    found = {}
    for row in sorted(ranked, key=lambda row: row["rank"]):
        found.setdefault(row["user_id"], []).append((row["movie_id"], row["score"]))
    assert found == expected


def test_without_neighbours_every_movie_scores_0(spark, movies, factors):
    ids = sorted(movies["als"])
    rows = [("knn", "random", 0, i, [], []) for i in ids]
    users = [("knn", "knn", "random", 0, 1, [1.0], ids[:1], ids[:1])]
    ranked = rank_movies(
        spark.createDataFrame(users, USERS), popular(factors), n=N, seed=1,
        weights=spark.createDataFrame(rows, WEIGHTS),
    )  # fmt: skip
    expected = in_order(dict.fromkeys(ids[1:], 0.0))[:N]
    found = ranked.orderBy("rank").collect()
    assert [(row["movie_id"], row["score"]) for row in found] == expected


def test_random_lists_hold_unseen_movies_of_the_catalogue(spark, movies, factors):
    catalogue = set(movies["popularity"])
    seen = sorted(catalogue)[:6]
    users = [("random", "random", "random", 0, user, [1.0], seen, []) for user in range(200)]
    frame = spark.createDataFrame(users, USERS)
    rows = rank_movies(frame, factors, n=N, seed=1).collect()
    again = rank_movies(frame.repartition(3), factors, n=N, seed=1).collect()
    assert sorted(rows) == sorted(again)
    counts = {}
    for row in rows:
        counts[row["movie_id"]] = counts.get(row["movie_id"], 0) + 1
    assert set(counts) == catalogue - set(seen)
    # 1,000 places over 14 movies: 71 each, standard deviation about 7.
    assert max(abs(count - 1000 / 14) for count in counts.values()) < 40


@pytest.mark.parametrize("columns", [FACTORS, FACTORS.replace("double", "float")])
def test_similar_movies_are_by_cosine_without_the_movie_itself(spark, columns):
    vectors = {1: [1.0, 0.0], 2: [5.0, 0.0], 3: [1.0, 1.0], 4: [0.0, 2.0], 5: [0.0, 0.0]}
    rows = [("als", "all", 0, "movie", i, x) for i, x in vectors.items()]
    ranked = rank_similar_movies(spark.createDataFrame(rows, columns), n=2, seed=2)
    file = ROOT / "python_models" / "recommendations" / "similar_movies.yml"
    (described,) = yaml.safe_load(file.read_text())["models"]
    assert ranked.dtypes == [(each["name"], each["data_type"]) for each in described["columns"]]
    found = {
        (r["movie_id"], r["rank"]): (r["similar_movie_id"], r["similarity"])
        for r in ranked.collect()
    }
    assert found[1, 1] == (2, pytest.approx(1.0))
    assert found[1, 2] == (3, pytest.approx(2**-0.5))
    assert found[4, 1] == (3, pytest.approx(2**-0.5))
    # Movies 1 and 2 are equally similar: the MD5 hash of 2:2, 5b53…, is below that of 2:1, 6af2…
    assert found[4, 2] == (2, pytest.approx(0.0))
    # A movie whose factors are all 0 is similar to no movie.
    assert 5 not in {movie for movie, _ in found} | {similar for similar, _ in found.values()}


def test_only_the_lists_stay_on_disk_and_nothing_if_the_ranking_fails(spark, factors, monkeypatch):
    def persisted():
        return set(spark.sparkContext._jsc.getPersistentRDDs())

    everywhere = factors.where("algorithm = 'als'").withColumn("protocol", F.lit("all"))
    before = persisted()
    ranked = rank_similar_movies(everywhere, n=N, seed=1)
    assert len(persisted() - before) == 1
    assert ranked.where("rank = 1").count() > 0

    def fail(*arguments):
        raise RuntimeError("out of memory")

    monkeypatch.setattr("reelhouse.ranking.recommend._rank_folds", fail)
    before = persisted()
    with pytest.raises(RuntimeError):
        rank_similar_movies(everywhere, n=N, seed=1)
    assert persisted() <= before
