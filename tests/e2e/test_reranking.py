"""Lists that are re-ranked and end in new items, on a lake that has been built without them."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

pytestmark = pytest.mark.slow
NEW_ITEMS, GENRE_LIMIT, LENGTH = 2, 3, 10
PROTOCOLS = ("user_time", "leave_last", "user_holdout")


@pytest.fixture(scope="module")
def reranked(tiny):
    """Build the lists again, and all that depends on them."""
    variables = (
        f"{tiny.variables}\nrerank_candidates: 30\nrerank_diversity: 0.6"
        f"\nrerank_genre_limit: {GENRE_LIMIT}\nnew_item_count: {NEW_ITEMS}"
    )
    lake = dataclasses.replace(tiny, variables=variables)
    lake.dbt("build", "--select", "int_recommendations_ranked+",
             "--exclude-resource-type", "unit_test")  # fmt: skip
    return lake


@pytest.fixture(scope="module")
def lists(reranked):
    """Rows of recommendations by user, best first."""
    lists: dict[int, list[dict[str, object]]] = {}
    rows = reranked.table("recommendations").to_pylist()
    for row in sorted(rows, key=lambda row: (row["user_id"], row["rank"])):
        lists.setdefault(row["user_id"], []).append(row)
    return lists


def test_the_last_places_of_a_personal_list_have_movies_that_nobody_has_rated(reranked, lists):
    counts = {row["movie_id"]: row["rating_count"] for row in reranked.table("movies").to_pylist()}
    personal = [rows for rows in lists.values() if rows[0]["strategy"] == "personal"]
    assert personal
    for rows in personal:
        new = [row for row in rows if row["strategy"] == "new item"]
        assert 1 <= len(new) <= NEW_ITEMS
        assert rows[-len(new) :] == new
        assert {counts[row["movie_id"]] for row in new} == {0}
        assert len(rows) == len({row["movie_id"] for row in rows}) == LENGTH


def test_a_genre_fills_no_more_places_than_its_limit(lists):
    for rows in lists.values():
        listed = [row for row in rows if row["strategy"] == "personal"]
        genres = Counter(row["genres"].split("|")[0] for row in listed if row["genres"])
        assert max(genres.values(), default=0) <= GENRE_LIMIT


def test_the_metrics_show_the_gain_in_diversity(reranked):
    found = {
        (row["algorithm"], row["protocol"]): row["value"]
        for row in reranked.table("ranking_metrics").to_pylist()
        if (row["metric"], row["k"]) == ("diversity", LENGTH)
    }
    after = {key: value for key, value in found.items() if key[0].endswith("_reranked")}
    assert {protocol for _, protocol in after} == set(PROTOCOLS)
    for (algorithm, protocol), value in after.items():
        assert value > found[algorithm.removesuffix("_reranked"), protocol]
