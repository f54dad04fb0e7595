"""Why a movie is or is not in a list that the vars `rerank_*` and `new_item_count` have changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from reelhouse.explorer.answers import WhyNot
from reelhouse.explorer.state import LakeState
from reelhouse.explorer.user_lists import why_not_listed
from reelhouse.serve.api import read_version
from tests.unit.explorer.explored_lake import explored_tables, write_explored_lake
from tests.unit.serve.served_lake import IDS, UNRATED, fit, ratings

USER = 3
PLACES = [1, 2, 8, 12]
"""Place by score of each movie in the re-ranked list; a new item follows."""


def id_at(place: int) -> int:
    """Return the movie at a place in the order of the scores for the user, from 1."""
    scores = np.where(ratings()[USER] > 0, -np.inf, fit("als_graded").scores[USER])
    return int(IDS[np.argsort(-scores, kind="stable")[place - 1]])


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeState]:
    tables = explored_tables()
    movies = tables["movies"].to_pylist()
    new = {**movies[0], "movie_id": UNRATED, "rating_count": 0, "mean_rating": None}
    lists = tables["recommendations"].to_pylist()
    of_user = [row for row in lists if row["user_id"] == USER]
    ids = [*map(id_at, PLACES), UNRATED]
    for row, movie_id in zip(of_user, ids, strict=True):
        row |= {"movie_id": movie_id, "strategy": "new item" if movie_id == UNRATED else "personal"}
    tables |= {
        "movies": pa.Table.from_pylist([*movies, new], tables["movies"].schema),
        "recommendations": pa.Table.from_pylist(lists, tables["recommendations"].schema),
    }
    lake = write_explored_lake(tmp_path_factory.mktemp("reranked") / "lake", tables)
    version = read_version(lake)
    opened = LakeState(lake, lambda: version)
    yield opened
    opened.close()


def why_not(state: LakeState, movie_id: int) -> WhyNot:
    return why_not_listed(state, USER, movie_id)


def test_a_listed_movie_has_its_rank_and_its_place_by_score(state: LakeState) -> None:
    found = why_not(state, id_at(8))
    assert found.verdict == "It is in the list, at place 3."
    assert found.place == 8


def test_a_listed_new_item_is_in_the_list(state: LakeState) -> None:
    found = why_not(state, UNRATED)
    assert found.verdict.startswith("It is in the list, at place 5. Nobody has rated it,")
    assert (found.place, found.score, found.parts) == (None, None, [])


def test_a_movie_with_a_better_score_than_the_last_one_is_not_too_low(state: LakeState) -> None:
    found = why_not(state, id_at(4))
    assert found.score is not None
    assert found.last_score is not None
    assert found.score > found.last_score
    assert "place 4 of" in found.verdict
    assert "too low" not in found.verdict


def test_a_movie_with_a_worse_score_is_too_low(state: LakeState) -> None:
    found = why_not(state, id_at(13))
    assert "too low for the list" in found.verdict
    assert "-" not in found.verdict
