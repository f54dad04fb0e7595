"""A build of a folder with the train and test files of two folds."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from benchmarks.damped_bias import damped_bias_factors
from reelhouse.commands.summary import summary_lines
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import Lake

pytestmark = pytest.mark.slow
Pair = tuple[int, int]


def rating_of(pair: Pair) -> int:
    """Return 4 or 5 for movies of the user's own half, and 1 or 2 for the others, by chance."""
    user, movie = pair
    return (4 if user % 2 == movie % 2 else 1) + random.Random(f"{user}, {movie}").randrange(2)


def pairs() -> list[Pair]:
    """Return users and movies; users rate mostly the movies of their own half."""
    chance = random.Random(0)
    return [
        (user, movie)
        for user in range(60)
        for movie in range(40)
        if chance.random() < (0.6 if user % 2 == movie % 2 else 0.1)
    ]


def is_test(pair: Pair, fold: int) -> bool:
    return (7 * pair[0] + pair[1]) % 5 == fold


def rated_twice() -> Pair:
    """Return a user and movie with two ratings in the train files of both folds."""
    return next(pair for pair in pairs() if not is_test(pair, 0) and not is_test(pair, 1))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    data = tmp_path_factory.mktemp("folds")
    for fold in (0, 1):
        for word, tests in (("train", False), ("test", True)):
            rows = [pair for pair in pairs() if is_test(pair, fold) == tests]
            lines = [f"{user},{movie},{rating_of((user, movie))}\n" for user, movie in rows]
            again = [] if tests else [lines[rows.index(rated_twice())]]
            text = "user,item,stars\n" + "".join([*lines, *again])
            (data / f"ratings{fold + 1}_{word}.csv").write_text(text)
    lake = Lake(tmp_path_factory.mktemp("lake"), data)
    lake.dbt("build", "--exclude-resource-type", "unit_test")
    return lake


def test_a_rating_in_both_folds_is_one_interaction(built: Lake) -> None:
    rows = built.table("interactions").to_pylist()
    assert sorted((row["user_id"], row["movie_id"]) for row in rows) == pairs()
    twice = [(row["user_id"], row["movie_id"]) for row in rows if row["event_count"] > 1]
    assert twice == [rated_twice()]
    rejected = built.table("rejected_ratings").to_pylist()
    assert [row["rule"] for row in rejected] == ["duplicate_pair"]


def test_the_test_rows_are_those_of_the_files(built: Lake) -> None:
    rows = [row for row in built.table("rating_splits").to_pylist() if row["protocol"] == "given"]
    assert len(rows) == 2 * len(pairs())
    for fold in (0, 1):
        splits = {
            (row["user_id"], row["movie_id"]): row["split"] for row in rows if row["fold"] == fold
        }
        tested = [pair for pair, split in splits.items() if split == "test"]
        assert sorted(tested) == [pair for pair in pairs() if is_test(pair, fold)]
        chosen = sum(split == "validation" for split in splits.values())
        assert 0.05 < chosen / (len(splits) - len(tested)) < 0.15


def test_the_comparison_has_the_given_splits_beside_the_other_protocols(built: Lake) -> None:
    rows = built.table("model_comparison").to_pylist()
    assert {row["protocol"] for row in rows} == {"random", "global_time", "given"}
    compared = {row["algorithm"]: row for row in rows if row["protocol"] == "given"}
    assert compared["als_graded"]["skipped_because"] is None
    assert compared["als_graded"]["ndcg_at_10"] > compared["popularity"]["ndcg_at_10"]
    assert compared["als_residual"]["rmse"] < compared["global_mean"]["rmse"]
    folds = {row["fold"] for row in built.table("rating_metrics").to_pylist()
             if row["protocol"] == "given"}  # fmt: skip
    assert folds == {0, 1}


def test_the_trials_know_no_test_row_of_the_first_fold(built: Lake) -> None:
    """The error of a trial is that of damped biases, by hand, of rows that no protocol tests."""
    splits = built.table("rating_splits").to_pandas().query("fold == 0")
    tests = splits[(splits.split == "test") & splits.protocol.isin(["given", "random"])]
    tested = set(zip(tests.user_id, tests.movie_id, strict=True))
    given = splits[splits.protocol == "given"]
    is_tested = [pair in tested for pair in zip(given.user_id, given.movie_id, strict=True)]
    known = given[~np.array(is_tested)]
    train, held_out = (known[known.split == split] for split in ("train", "validation"))
    shape = (60, 40)
    matrix = csr_matrix((train.rating, (train.user_id, train.movie_id)), shape)
    algorithms = built.table("algorithms").to_pandas().set_index("algorithm")
    users, movies = damped_bias_factors(matrix, algorithms.loc["damped_bias"].reg)
    predictions = np.sum(users[held_out.user_id] * movies[held_out.movie_id], axis=1).clip(1, 5)
    (trial,) = built.table("tuning_trials").to_pandas().query("algorithm == 'damped_bias'").error
    assert trial == pytest.approx(np.sqrt(np.mean((held_out.rating - predictions) ** 2)), abs=1e-4)


def test_the_summary_names_the_splits(built: Lake) -> None:
    with LakeSession(built.folder) as session:
        text = "\n".join(summary_lines(session))
    assert f"ratings    {len(pairs()):,} kept, 1 in rejected_ratings: 1 duplicate_pair" in text
    assert "splits     the source names train and test rows of 2 folds" in text
