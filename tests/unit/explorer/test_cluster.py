"""The explorer and the API on a lake whose catalog is in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import requests

from reelhouse.commands.recommend import recommend
from reelhouse.lake.catalog import snapshot_folder
from reelhouse.lake.cluster import ClusterLake, environment_of
from servers import LOOPBACK
from tests.unit.conftest import CANARY
from tests.unit.explorer.explored_lake import Server, serving, write_explored_lake
from tests.unit.lakes import on_cluster, publish


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, postgresql_port: int) -> ClusterLake:
    local = write_explored_lake(tmp_path_factory.mktemp("cluster") / "lake")
    return on_cluster(local, postgresql_port, CANARY, "explored")


@pytest.fixture(scope="module")
def on_catalog(lake: ClusterLake) -> Iterator[Server]:
    with serving(Path(lake.warehouse).parent, **environment_of(lake)) as served:
        yield served


def test_the_explorer_answers_as_on_a_lake_of_this_machine(
    on_catalog: Server, server: Server
) -> None:
    for path in ("people", "people/3", "movies", "about", "models"):
        urls = [f"{each.address}/api/{path}" for each in (on_catalog, server)]
        answers = [requests.get(url, timeout=30) for url in urls]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].text == answers[1].text
    page = on_catalog.get("lake")
    assert page["folder"].startswith("postgresql://127.0.0.1:")
    assert page["releases"]["rows"][0][0] == "r1"
    assert CANARY not in str(page)


def test_queries_of_the_page_read_the_catalog(on_catalog: Server) -> None:
    answer = on_catalog.post("sql", {"sql": "select count(*) as n from movies"})
    assert answer.status_code == 200, answer.text


def test_a_new_release_is_served(on_catalog: Server, lake: ClusterLake) -> None:
    database = f"postgresql://lake:{CANARY}@{LOOPBACK}:{lake.uri.rpartition(':')[2]}"
    with closing(psycopg2.connect(database)) as connection, connection:
        publish(connection.cursor(), 2)
    deadline = time.monotonic() + 30
    while on_catalog.get("lake")["releases"]["rows"][0][0] != "r2":
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_recommend_reads_the_catalog(
    lake: ClusterLake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment_of(lake).items():
        monkeypatch.setenv(name, value)
    assert snapshot_folder(lake).name == "serve"
    recommend(["Film 10"], None, 3)
    assert "because you liked Film 10" in capsys.readouterr().out
