"""Lists of a build, and those of `reelhouse recommend` on the same lake."""

from __future__ import annotations

import pytest

from reelhouse.serve.recommender import open_recommender


@pytest.fixture(scope="module")
def lists(tiny):
    """Rows of recommendations by user, best first."""
    lists: dict[int, list[dict[str, object]]] = {}
    rows = tiny.table("recommendations").to_pylist()
    for row in sorted(rows, key=lambda row: (row["user_id"], row["rank"])):
        lists.setdefault(row["user_id"], []).append(row)
    return lists


def test_every_user_has_a_list_and_a_reason(tiny, lists):
    users = {row["user_id"]: row["rating_count"] for row in tiny.table("users").to_pylist()}
    assert lists.keys() == users.keys()
    assert any(count == 0 for count in users.values())
    for user, rows in lists.items():
        if users[user] == 0:
            assert {row["strategy"] for row in rows} == {"cold"}
            assert {row["reason"] for row in rows} == {"popular with people like you"}
    personal = [row for rows in lists.values() for row in rows if row["strategy"] == "personal"]
    named = [row for row in personal if row["reason"].startswith("because you rated ")]
    assert len(named) > 0.9 * len(personal)


def test_a_person_with_the_ratings_of_a_user_gets_the_list_of_the_build(tiny, lists):
    ratings: dict[int, dict[int, float | None]] = {}
    for row in tiny.table("interactions").to_pylist():
        ratings.setdefault(row["user_id"], {})[row["movie_id"]] = row["rating"]
    recommender = open_recommender(tiny.folder)
    for user, given in ratings.items():
        found = recommender.recommend(given, len(lists[user]))
        expected = [row["score"] for row in lists[user]]
        assert [each.score for each in found] == pytest.approx(expected, rel=1e-3, abs=1e-5)
        assert found[0].strategy == lists[user][0]["strategy"]
