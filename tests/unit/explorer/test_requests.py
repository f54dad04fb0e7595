"""Requests that are wrong, come from elsewhere or take long: what the server answers."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from reelhouse.explorer.lists import Filters
from tests.unit.explorer.explored_lake import COLD, TITLES, Server, serving
from tests.unit.serve.served_lake import IDS

PERSONS = ("recommendations", "recommendations/explained")
JSON = {"Content-Type": "application/json"}


def refusal(server: Server, path: str, value: Any) -> Any:
    answer = server.post(path, value)
    assert answer.status_code == 422, answer.text
    return answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *((path, '{"ratings": [{"movie_id": NaN}]}') for path in PERSONS),
        *(("sql", body) for body in ('{"sql": NaN}', '{"sql": "select \\ud800"}')),
        ("sql", '{"sql": "select 1", "\\ud800": 1}'),
    ],
)
def test_a_fault_is_described_without_the_input(server: Server, path: str, body: str) -> None:
    url = f"{server.address}/api/{path}"
    answer = requests.post(url, data=body, headers=JSON, timeout=30)
    assert answer.status_code == 422, answer.text
    assert {tuple(fault) for fault in answer.json()["detail"]} == {("loc", "msg", "type")}


def test_a_refusal_of_many_ratings_is_short(server: Server) -> None:
    for path in PERSONS:
        ratings = [{"movie_id": 10, "rating": 4}] * 10_000
        assert len(str(refusal(server, path, {"ratings": ratings}))) < 500


@pytest.mark.parametrize("path", PERSONS)
@pytest.mark.parametrize(
    ("rating", "name"),
    [
        ({"movie_id": 10, "stars": 1}, "stars"),
        ({"movie_id": 10, "rating": True}, "rating"),
        ({"movie_id": 10, "rating": "4"}, "rating"),
        ({"movie_id": True}, "movie_id"),
    ],
)
def test_a_rating_of_another_form_is_refused(
    server: Server, path: str, rating: dict[str, Any], name: str
) -> None:
    (fault, *_) = refusal(server, path, {"ratings": [rating]})
    assert fault["loc"] == ["body", "ratings", 0, name]


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("recommendations", {"ratings": [{"movie_id": 10}], "Count": 3}, "Count"),
        ("recommendations/explained", {"ratings": [], "genre": ["Horror"]}, "genre"),
        ("sql", {"sql": "select 1", "parameter": {}}, "parameter"),
    ],
)
def test_a_misspelt_name_is_refused(
    server: Server, path: str, body: dict[str, Any], name: str
) -> None:
    (fault,) = refusal(server, path, body)
    assert fault["loc"] == ["body", name]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_send(server: Server, headers: dict[str, str]) -> None:
    for path in (*PERSONS, "ratings-file", "sql"):
        url = f"{server.address}/api/{path}"
        refused = requests.post(url, data="title\nAlien\n", headers=headers, timeout=30)
        assert refused.status_code == 403, path


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_of_this_server_can_send(server: Server, site: str) -> None:
    headers = {"Origin": server.address, "Sec-Fetch-Site": site}
    url = f"{server.address}/api/ratings-file"
    sent = requests.post(url, data=f"title\n{TITLES[5]}\n", headers=headers, timeout=30)
    assert len(sent.json()["ratings"]) == 1


def test_a_large_file_delays_nobody(server: Server) -> None:
    answers: list[requests.Response] = []

    def send() -> None:
        url = f"{server.address}/api/ratings-file"
        content = "title,rating\n" + f"{TITLES[5]},5\n" * 1_500_000
        answers.append(requests.post(url, data=content, timeout=60))

    server.get("about")
    sender = threading.Thread(target=send)
    sender.start()
    slowest = 0.0
    while sender.is_alive():
        began = time.monotonic()
        server.get("users/3")
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 3
    assert answers[0].status_code == 422
    assert "has more than 50,000 rows" in answers[0].text


def test_a_client_that_leaves_an_upload_is_no_error(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(server.lake, TMPDIR=str(tmp_path)) as other:
        host, port = other.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                f"POST /api/ratings-file HTTP/1.1\r\nHost: {host}\r\n"
                "Content-Length: 1000\r\n\r\ntitle\n".encode()
            )
            time.sleep(0.3)
        time.sleep(0.3)
        assert other.get("about")["ranking"] == "als_graded"
    assert capfd.readouterr().err == ""


def test_only_the_lowest_ratings_give_popular_movies(server: Server) -> None:
    body = {"ratings": [{"movie_id": int(IDS[5]), "rating": 1}]}
    assert server.post("recommendations/explained", body).json()["strategy"] == "cold"
    assert {row["strategy"] for row in server.post("recommendations", body).json()} == {"cold"}


def test_a_page_of_ratings_after_the_last_one_knows_the_total(server: Server) -> None:
    total = server.get("users/3/ratings")["total"]
    assert total > 0
    assert server.get("users/3/ratings", offset=999) == {"total": total, "ratings": []}
    assert server.get(f"users/{COLD}/ratings", offset=999) == {"total": 0, "ratings": []}


HUGE = "9" * 30


@pytest.mark.parametrize(
    "path",
    [
        f"users/3/ratings?offset={HUGE}",
        f"users/{HUGE}",
        f"users/{HUGE}/list",
        f"users/{HUGE}/recommendations",
        f"users/3/why/{HUGE}",
        f"movies/{HUGE}/similar",
        f"catalogue/{HUGE}",
        "users?search=%00",
        "users/3/comparison?left=nosuch&right=popularity",
        "users/3/comparison?left=popularity&right=%00",
    ],
)
def test_a_value_that_cannot_be_is_the_fault_of_the_request(server: Server, path: str) -> None:
    answer = requests.get(f"{server.address}/api/{path}", timeout=30)
    assert answer.status_code == 422, answer.text


def test_a_comparison_of_an_unknown_user_is_not_found(server: Server) -> None:
    url = f"{server.address}/api/users/99999/comparison"
    answer = requests.get(url, params={"left": "popularity", "right": "popularity"}, timeout=30)
    assert (answer.status_code, answer.json()["detail"]) == (404, "no user has the id 99999")


def test_a_year_is_a_limit_even_if_it_is_0(server: Server) -> None:
    assert server.get("catalogue", last_year=0) == []
    assert len(server.get("catalogue", first_year=0)) == len(TITLES)
    years = Filters(first_year=1950, last_year=None)
    assert [years.matches([], year) for year in (1949, 1950, None)] == [False, True, False]


@pytest.mark.parametrize("search", ["!!!", "🙂", " - "])
def test_a_search_for_marks_finds_nothing(server: Server, search: str) -> None:
    assert server.get("movies", search=search) == []
    assert server.get("catalogue", search=search) == []
    assert len(server.get("catalogue", search=" ")) == len(TITLES)


@pytest.mark.parametrize("path", ["/", "/people/3", "/static/main.js", "/api/about", "/healthz"])
def test_head_is_answered_like_get_without_a_body(server: Server, path: str) -> None:
    head = requests.head(server.address + path, timeout=30)
    full = requests.get(server.address + path, timeout=30)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(full.content))
