"""A person with the ratings of a user gets the list of this user, whichever algorithm ranks."""

from contextlib import closing

import numpy as np
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.lake.catalog import snapshot_folder
from reelhouse.serve import lake_reader
from reelhouse.serve.parts import Means, RatedMovies, part_of_arrays, values_of_fit
from reelhouse.serve.recommender import open_recommender
from reelhouse.serve.snapshot import open_snapshot
from tests.unit.serve import served_lake
from tests.unit.serve.personal_cases import PERSONAL_CASES
from tests.unit.serve.served_lake import ALGORITHMS, IDS, lake_of, ratings

COUNT = 5


@pytest.mark.parametrize("name", [*ALGORITHMS, "blend"])
def test_a_person_with_the_ratings_of_a_user_gets_the_list_of_the_user(tmp_path, name):
    lake, scores = lake_of(tmp_path / "lake", name)
    recommender = open_recommender(lake)
    matrix = ratings()
    for user in (0, 1, 2):
        rated = matrix[user] > 0
        person = dict(zip(IDS[rated].tolist(), matrix[user, rated].tolist(), strict=True))
        found = recommender.recommend(person, COUNT)
        unseen = np.where(rated, -np.inf, scores[user])
        best = np.argsort(-unseen, kind="stable")[:COUNT]
        assert [each.score for each in found] == pytest.approx(unseen[best], rel=1e-3, abs=1e-4)
        assert {each.strategy for each in found} == {"personal"}
        assert not {each.movie_id for each in found} & set(person)
        own = [unseen[np.flatnonzero(each.movie_id == IDS)[0]] for each in found]
        assert own == pytest.approx(unseen[best], rel=1e-3, abs=1e-4)


@pytest.fixture
def graded(tmp_path):
    lake, _ = lake_of(tmp_path / "lake", "als_graded")
    return lake


def test_a_reason_names_ratings_and_likes(graded):
    recommender = open_recommender(graded)
    (first,) = recommender.recommend({10: 5.0}, count=1)
    assert first.reason == "because you rated The Film 10 5"
    (first,) = recommender.recommend({10: None}, count=1)
    assert first.reason == "because you liked The Film 10"
    (first,) = recommender.recommend({10: 3.0}, count=1)
    assert first.reason == "no single rating explains the score"
    assert (first.rank, first.source_id) == (1, f"m{first.movie_id}")
    assert first.title.startswith(f"Film {first.movie_id}, The (")


@pytest.mark.parametrize("name", ["ease", "item_knn", "als_implicit", "als_graded", "blend"])
def test_a_person_whose_ratings_say_nothing_gets_popular_movies(tmp_path, name):
    """als_graded takes the lowest rating as 0, and the others need a liked movie."""
    lake, _ = lake_of(tmp_path / "lake", name)
    found = open_recommender(lake).recommend({10: 1.0}, COUNT)
    counts = (ratings() > 0).sum(axis=0)
    counts[1] = 0  # the rated movie
    assert [each.score for each in found] == sorted(counts, reverse=True)[:COUNT]
    assert {each.strategy for each in found} == {"cold"}
    assert found[0].reason == f"popular: {counts.max()} users"


@pytest.mark.parametrize("case", PERSONAL_CASES.values(), ids=PERSONAL_CASES)
def test_a_list_is_personal_if_the_ratings_order_the_movies(tmp_path, case):
    lake, _ = lake_of(tmp_path / "lake", case.algorithm)
    person = {int(IDS[movie]): rating for movie, rating in case.ratings.items()}
    found = open_recommender(lake).recommend(person, COUNT)
    assert {each.strategy for each in found} == {"personal" if case.is_personal else "cold"}


def test_an_algorithm_that_averages_over_draws_recommends_popular_movies(tmp_path):
    plan = [{"algorithm": "bayesian_mf", "family": "bayesian_mf", "feedback": "explicit"}]
    served_lake.write_lake(tmp_path / "lake", plan, "bayesian_mf", [])
    recommender = open_recommender(tmp_path / "lake")
    assert not recommender.is_personal
    assert {each.strategy for each in recommender.recommend({10: 5.0}, COUNT)} == {"cold"}


def test_a_like_has_the_value_of_a_usual_event():
    """Page and lists of a person agree: tests/unit/page compares the scores of the page."""
    row = {**ALGORITHMS["als_implicit"], "like_value": 2.5}
    ids = np.array([7, 8])
    arrays = {"factors": np.eye(2, 4, dtype=np.float32), "fitted_ids": ids}
    part = part_of_arrays(row, arrays, ids, np.arange(2, dtype=np.int32), 1.0)
    rated = RatedMovies(np.array([8, 9]), np.zeros(2), np.ones(2, bool))
    found = values_of_fit(part, rated, {}, Means(0.0, 1.0, ids, np.zeros(2)))
    assert [each.tolist() for each in found] == [[8], [2.5]]


def test_only_candidates_are_recommended(graded, monkeypatch):
    monkeypatch.chdir(graded.parent)
    (graded.parent / "dbt_project.yml").write_text(
        "name: other\nvars: {candidate_movies: release_year < 1953}\n"
    )
    found = open_recommender(graded).recommend({200: 5.0}, COUNT)
    assert {each.movie_id for each in found} == {0, 10, 20}


def test_the_second_start_reads_the_arrays_and_not_the_lake(graded, monkeypatch):
    first = open_recommender(graded)

    def fail(lake):
        raise AssertionError("the lake was read again")

    monkeypatch.setattr(lake_reader, "read_serving_fit", fail)
    second = open_recommender(graded)
    assert second.recommend({10: 5.0}, COUNT) == first.recommend({10: 5.0}, COUNT)


def test_no_snapshot_is_left_of_tables_that_a_command_has_changed(graded):
    """As if `make forget` ran while the lake is read."""
    reads = []

    def read_lake(lake):
        found = lake_reader.read_serving_fit(lake)
        reads.append(found)
        if len(reads) == 1:
            with closing(SqlCatalog("lake", uri=f"sqlite:///{lake}/catalog.db")) as catalog:
                catalog.load_table("reelhouse.interactions").delete("user_id == 3")
        return found

    snapshot = open_snapshot(graded, read_lake)

    assert len(reads) == 2
    folders = [each.name for each in snapshot_folder(graded).iterdir() if each.is_dir()]
    assert folders == [snapshot.version]
