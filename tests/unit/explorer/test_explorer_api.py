"""The explorer's part of the API, against the tables and the fit of a small lake."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import requests
from fastapi import HTTPException

from reelhouse.explorer.catalogue_map import flat_places
from reelhouse.explorer.query_box import BOX_LIMITS, Query, QueryBox
from tests.unit.explorer.evaluated import INTERVAL
from tests.unit.explorer.explored_lake import (
    COLD,
    GENRES,
    LISTS,
    TITLES,
    Server,
    serving,
)
from tests.unit.serve.served_lake import IDS, fit, ratings


def unseen_order(user: int) -> list[int]:
    """Return the ids of the movies that a user has not rated, best first by the fit."""
    scores = np.where(ratings()[user] > 0, -np.inf, fit("als_graded").scores[user])
    order = np.argsort(-scores, kind="stable")
    return [int(IDS[i]) for i in order if np.isfinite(scores[i])]


def test_a_list_continues_the_stored_one_in_the_order_of_the_fit(server: Server) -> None:
    found = server.get("users/3/list", is_long=True)
    assert server.get("users/3/list")["picks"] == found["picks"][:5]
    ids = [pick["movie"]["movie_id"] for pick in found["picks"]]
    assert ids == unseen_order(3)
    assert [pick["predicted"] for pick in found["picks"][:6]] == [*[4.5] * 5, None]
    for pick in found["picks"]:
        assert sum(part["part"] for part in pick["parts"]) == pytest.approx(pick["score"])


def test_a_filtered_list_keeps_the_order(server: Server) -> None:
    found = server.get("users/3/list", genre=[GENRES[2]], first_year=1955, last_year=1970)
    years = {int(IDS[n]): 1950 + n for n in range(len(IDS)) if n % 3 == 2}
    expected = [i for i in unseen_order(3) if 1955 <= years.get(i, 0) <= 1970]
    assert [pick["movie"]["movie_id"] for pick in found["picks"]] == expected
    assert len(expected) > 1


def test_a_cold_user_gets_popular_movies(server: Server) -> None:
    found = server.get(f"users/{COLD}/list")
    assert found["strategy"] == "cold"
    counts = [pick["movie"]["count"] for pick in found["picks"]]
    assert counts == sorted(counts, reverse=True)
    assert server.get(f"users/{COLD}/ratings") == {"total": 0, "ratings": []}


def test_why_a_movie_is_not_in_the_list(server: Server) -> None:
    order = unseen_order(3)
    low = server.get(f"users/3/why/{order[8]}")
    assert (low["place"], low["of"]) == (9, len(order))
    assert low["score"] < low["last_score"]
    assert "place 9 of" in low["verdict"]
    assert "too low for the list" in low["verdict"]
    assert sum(part["part"] for part in low["parts"]) == pytest.approx(low["score"])
    assert "at place 2" in server.get(f"users/3/why/{order[1]}")["verdict"]
    rated = int(IDS[np.flatnonzero(ratings()[3])[0]])
    assert "has rated it" in server.get(f"users/3/why/{rated}")["verdict"]


def test_the_test_rows_say_which_list_has_hits(server: Server) -> None:
    found = server.get("users/3/comparison", left="als_graded", right="popularity")
    assert found["liked"] == 2
    for side, name in (("left", "als_graded"), ("right", "popularity")):
        assert [each["movie"]["title"] for each in found[side]] == [TITLES[i] for i in LISTS[name]]
    assert [each["is_hit"] for each in found["left"]] == [False, True, False, False]
    assert [each["is_hit"] for each in found["right"]] == [False, False, True]
    assert [each["is_in_other"] for each in found["right"]] == [True, False, False]


def test_a_history_has_the_predictions_of_test_rows(server: Server) -> None:
    found = server.get("users/3/ratings", order="best", limit=1000)
    given = [each["rating"] for each in found["ratings"]]
    assert given == sorted(given, reverse=True)
    assert found["total"] == len(given) == np.count_nonzero(ratings()[3])
    ((lower, upper),) = [
        (each["lower"], each["upper"]) for each in found["ratings"] if each["predicted"]
    ]
    assert (lower, upper) == INTERVAL
    newest = server.get("users/3/ratings", limit=3)["ratings"]
    times = [each["rated_at"] for each in newest]
    assert times == sorted(times, reverse=True)


def test_a_movie_has_every_month_and_rating(server: Server) -> None:
    page = server.get("catalogue/10")
    given = ratings()[:, 1]
    assert page["distribution"] == [
        [value, int((given == value).sum())] for value in np.unique(given[given > 0])
    ]
    assert [month for month, _ in page["months"]] == ["1997-09", "1997-10", "1997-11", "1997-12"]
    assert sum(n for _, n in page["months"]) == np.count_nonzero(given)
    assert [each["movie"]["movie_id"] for each in page["similar"]] == [20, 0]
    assert page["imdb_id"] == "tt0000010"


def test_movies_of_a_kind_are_near_each_other_on_the_map() -> None:
    rng = np.random.default_rng(1)
    kinds = np.repeat([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], 20, axis=0)
    places = flat_places((kinds + 0.05 * rng.normal(size=kinds.shape)).astype(np.float32))
    assert places.min(axis=0).tolist() == [0, 0]
    assert places.max(axis=0).tolist() == [1, 1]
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    is_same = np.arange(60)[:, None] // 20 == np.arange(60) // 20
    assert distances[is_same].mean() < 0.6 * distances[~is_same].mean()


def test_a_file_of_ratings_is_read_and_not_stored(server: Server) -> None:
    text = 'Name,Year,Letterboxd URI,Rating\nFilm 05,1955,x,5\nUnknown,1999,x,3\n"Film 06",1956,x,1'
    before = sorted(server.lake.rglob("*"))
    url = f"{server.address}/api/ratings-file"
    found = requests.post(url, params={"name": "my.csv"}, data=text, timeout=30).json()
    assert [(each["movie"]["title"], each["rating"]) for each in found["ratings"]] == [
        ("Film 05", 5.0),
        ("Film 06", 1.0),
    ]
    assert found["unknown"] == ["Unknown"]
    refused = requests.post(url, params={"name": "my.csv"}, data="a,b\n1,2", timeout=30)
    assert (refused.status_code, "my.csv has no column" in refused.text) == (422, True)
    assert sorted(server.lake.rglob("*")) == before


def test_a_person_gets_the_list_of_the_fit_with_filters(server: Server) -> None:
    given = ratings()[3]
    body = {
        "ratings": [{"movie_id": int(IDS[i]), "rating": given[i]} for i in np.flatnonzero(given)]
    }
    found = server.post("recommendations/explained", body).json()
    assert [pick["movie"]["movie_id"] for pick in found["picks"]] == unseen_order(3)
    few = server.post("recommendations/explained", {**body, "genres": [GENRES[2]]}).json()
    assert {GENRES[2] in pick["movie"]["genres"] for pick in few["picks"]} == {True}
    nobody = server.post("recommendations/explained", {"ratings": []}).json()
    assert nobody["strategy"] == "cold"


def test_a_query_has_parameters_and_a_limit_of_rows(server: Server) -> None:
    answer = server.post(
        "sql",
        {"sql": "select title, score from recommendations where user_id = $user and rank = $rank",
         "parameters": {"user": 3, "rank": 1}},
    ).json()  # fmt: skip
    assert answer["columns"] == ["title", "score"]
    assert answer["is_number"] == [False, True]
    assert answer["rows"][0][0] == TITLES[unseen_order(3)[0] // 10]
    many = server.post("sql", {"sql": "select * from range(100000)"}).json()
    assert (len(many["rows"]), many["is_cut"]) == (BOX_LIMITS.rows, True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"sql": "drop table movies"}, "only SELECT statements, not DROP"),
        ({"sql": "select 1; select 2"}, "run one SELECT statement at a time"),
        ({"sql": "copy movies to '/tmp/x.csv'"}, "only SELECT statements, not COPY"),
        ({"sql": "select * from movis"}, "did you mean movies"),
        ({"sql": "select $a", "parameters": {"a) ; drop": 1}}, "is not a word"),
        ({"sql": "select $a + 1"}, "parameter"),
        ({"sql": "select * from read_text('/etc/passwd')"}, "only reads the lake"),
    ],
)
def test_a_query_that_may_not_run_is_refused(
    server: Server, query: dict[str, object], said: str
) -> None:
    answer = server.post("sql", query)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_page_of_another_site_cannot_run_queries(server: Server, kind: str | None) -> None:
    # Browsers send only such types to another site without asking it before.
    headers = {"Content-Type": kind} if kind else {}
    body = json.dumps({"sql": "select 42"}).encode()
    answer = requests.post(f"{server.address}/api/sql", data=body, headers=headers, timeout=30)
    assert answer.status_code == 422, answer.text


def test_a_query_is_killed_at_its_limit_and_the_next_one_runs(server: Server) -> None:
    limits = BOX_LIMITS._replace(seconds=3.0)
    endless = "select count(*) from range(1000000000000) a, range(1000000) b"
    with closing(QueryBox(server.lake, limits)) as box:
        started = time.monotonic()
        with pytest.raises(
            HTTPException, match=r"limit of 3 seconds: `make sql` has larger limits"
        ):
            box.run(Query(sql=endless))
        assert time.monotonic() - started < 60
        assert box.run(Query(sql="select 42 as answer")).rows == [["42"]]
        with pytest.raises(HTTPException, match="memory limit"):
            box.run(Query(sql="select repeat('x', 900000000) || repeat('y', 900000000)"))


def test_a_server_that_ends_leaves_no_temporary_files(server: Server, tmp_path: Path) -> None:
    with serving(server.lake, TMPDIR=str(tmp_path)) as other:
        other.get("about")
        assert other.post("sql", {"sql": "select 42"}).json()["rows"] == [["42"]]
        assert len(list(tmp_path.glob("reelhouse-sql-*"))) == 2
    assert list(tmp_path.iterdir()) == []


def test_tables_have_rows_and_releases_their_metrics(server: Server) -> None:
    page = server.get("lake")
    rows = {table["name"]: (table["rows"], table["stage"]) for table in page["tables"]}
    assert rows["movies"] == (30, "ratings")
    assert rows["recommendations"] == (205, "recommendations")
    (release,) = page["releases"]["rows"]
    named = dict(zip(page["releases"]["columns"], release, strict=True))
    assert (named["release"], named["ndcg_at_10"]) == ("r1", 0.3)
    assert server.get("releases/1/changes")["before"] is None


def test_openapi_names_each_schema_by_its_class_alone(server: Server) -> None:
    openapi = requests.get(f"{server.address}/openapi.json", timeout=30).json()
    names = set(openapi["components"]["schemas"])
    assert names > {"Movie", "MovieCard", "Person", "UserCard", "Contribution"}
    assert not [name for name in names if "reelhouse" in name]


def test_unknown_ids_are_said_to_be_unknown(server: Server) -> None:
    for path, said in {
        "users/999": "no user has the id 999",
        "users/999/list": "no user has the id 999",
        "catalogue/999": "no movie has the id 999",
        "users/3/why/999": "no movie has the id 999",
        "releases/9/changes": "there is no release 9: the releases are 1",
    }.items():
        answer = requests.get(f"{server.address}/api/{path}", timeout=30)
        assert (answer.status_code, answer.json()["detail"]) == (404, said)
