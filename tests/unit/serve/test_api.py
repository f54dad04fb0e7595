"""The API as programs see it: a real server on a port of this machine."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
import requests
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.serve.recommender import open_recommender
from tests.unit.lakes import REELHOUSE
from tests.unit.serve.served_lake import lake_of, ratings


class Server(NamedTuple):
    lake: Path
    address: str

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.address + path, timeout=30, **options)

    def post(self, body: Any) -> requests.Response:
        return requests.post(f"{self.address}/api/recommendations", json=body, timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    lake, _ = lake_of(tmp_path_factory.mktemp("api") / "lake", "als_graded")
    process = subprocess.Popen(
        [REELHOUSE, "app", "--port", "0"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Server(lake, process.stdout.readline().split()[1])
    process.terminate()
    process.communicate()


def test_a_user_has_the_list_of_the_build(server: Server) -> None:
    listed = server.get("/api/users/3/recommendations").json()
    assert [row["rank"] for row in listed] == [1, 2]
    assert listed[1] == {
        **{"rank": 2, "movie_id": 20, "title": "Film 20", "reason": "popular", "score": 0.5},
        "predicted_rating": None,
    }
    unknown = server.get("/api/users/99/recommendations")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "no user has the id 99")


def test_a_movie_has_similar_ones(server: Server) -> None:
    similar = server.get("/api/movies/10/similar").json()
    assert similar == [{"rank": 1, "similar_movie_id": 20, "similarity": 0.5}]
    assert server.get("/api/movies/20/similar").json() == []
    assert server.get("/api/movies/11/similar").status_code == 404
    assert server.get("/api/movies/heat/similar").status_code == 422


def test_movies_are_found_by_a_part_of_their_titles(server: Server) -> None:
    found = server.get("/api/movies", params={"search": "the FILM 10"}).json()
    counts = (ratings() > 0).sum(axis=0)
    assert {row["movie_id"] for row in found} == {10, 100}
    assert [row["rating_count"] for row in found] == sorted(counts[[1, 10]], reverse=True)
    first = next(row for row in found if row["movie_id"] == 10)
    assert (first["imdb_id"], first["tmdb_id"], first["release_year"]) == ("tt0000010", 10, 1951)
    assert len(server.get("/api/movies", params={"search": "", "limit": 3}).json()) == 3


def test_a_person_gets_the_list_of_reelhouse_recommend(server: Server) -> None:
    body = {"ratings": [{"movie_id": 10, "rating": 5}, {"title": "Film 20"}], "count": 4}
    expected = open_recommender(server.lake).recommend({10: 5.0, 20: None}, 4)
    found = server.post(body).json()
    assert [(row["movie_id"], row["reason"]) for row in found] == [
        (each.movie_id, each.reason) for each in expected
    ]


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ({"title": "No Such"}, "rating 1: no movie with a rating is called No Such"),
        ({"movie_id": 11}, "rating 1: no movie with a rating has this id"),
        ({}, "rating 1: name its movie_id or its title"),
        ({"movie_id": 10, "rating": 6}, "rating 1: 6 is not from 1 to 5"),
        ({"movie_id": 10, "rating": "good"}, "rating"),
    ],
)
def test_a_wrong_rating_is_refused(server: Server, rating: dict[str, Any], said: str) -> None:
    refused = server.post({"ratings": [rating]})
    assert refused.status_code == 422
    assert said in str(refused.json()["detail"])


def test_pages_of_other_sites_reach_nothing(server: Server) -> None:
    assert server.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_openapi_describes_every_path(server: Server) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    assert set(paths) > {
        *("/healthz", "/api/movies", "/api/movies/{movie_id}/similar"),
        *("/api/users/{user_id}/recommendations", "/api/recommendations"),
    }


def test_a_new_version_is_served_after_a_damaged_one(server: Server) -> None:
    """The lake has no algorithm that ranks for a moment. Changes the lake, so it runs late."""
    before = server.get("/healthz").json()["version"]
    with SqlCatalog("lake", uri=f"sqlite:///{server.lake}/catalog.db") as catalog:
        table = catalog.load_table("reelhouse.int_fit_plan")
        plan = table.scan().to_arrow()
        table.delete()
        time.sleep(3)
        assert server.get("/healthz").json()["version"] == before
        table.append(plan)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.get("/healthz").json()["version"] == before:
        time.sleep(0.2)
    assert server.get("/healthz").json()["version"] != before


def test_a_new_version_is_served_without_a_failed_request(server: Server) -> None:
    """Runs last: it changes the lake."""
    before = server.get("/healthz").json()["version"]
    catalog = SqlCatalog(
        "lake", uri=f"sqlite:///{server.lake}/catalog.db", warehouse=f"{server.lake}/warehouse"
    )
    table = catalog.load_table("reelhouse.recommendations")
    rows = table.scan().to_arrow()
    reasons = pa.array(["new"] * rows.num_rows)
    table.overwrite(rows.set_column(rows.column_names.index("reason"), "reason", reasons))
    catalog.close()
    deadline = time.monotonic() + 60
    seen = []
    while time.monotonic() < deadline and (not seen or seen[-1] == "popular"):
        (first, _) = server.get("/api/users/3/recommendations").json()
        seen.append(first["reason"])
        assert server.post({"ratings": [{"movie_id": 10}]}).status_code == 200
    assert seen[-1] == "new"
    assert server.get("/healthz").json()["version"] != before
