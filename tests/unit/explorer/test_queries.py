"""Queries of the box that are large, abandoned, or meet a damaged lake."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import HTTPException

from reelhouse.explorer.query_box import BOX_LIMITS, Query, QueryBox
from reelhouse.lake.catalog import read_catalog
from tests.unit.explorer.explored_lake import Server, serving, write_explored_lake
from tests.unit.lakes import REELHOUSE

ENDLESS = "select count(*) from range(1000000000000) a, range(1000000) b"


def abandon(server: Server, sql: str, seconds: float) -> None:
    """Send a query, and leave before its answer."""
    with pytest.raises(requests.Timeout):
        requests.post(f"{server.address}/api/sql", json={"sql": sql}, timeout=seconds)


def test_abandoned_queries_delay_nobody(server: Server) -> None:
    assert server.post("sql", {"sql": "select 1"}).status_code == 200
    clients = [threading.Thread(target=abandon, args=(server, ENDLESS, 0.5)) for _ in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    began = time.monotonic()
    assert server.post("sql", {"sql": "select 42"}).json()["rows"] == [["42"]]
    assert time.monotonic() - began < BOX_LIMITS.seconds


@contextmanager
def started(lake: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a process of the server, and its address."""
    process = subprocess.Popen(
        [REELHOUSE, "app", "--port", "0"],
        env={**os.environ, "REELHOUSE_LAKE": str(lake), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().split()[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGHUP])
def test_a_server_ends_at_once_and_leaves_no_files(
    server: Server, tmp_path: Path, ends_by: signal.Signals
) -> None:
    answers = []

    def send(url: str) -> None:
        answers.append(requests.post(url, json={"sql": ENDLESS}, timeout=60).status_code)

    with started(server.lake, tmp_path) as (process, address):
        requests.get(f"{address}/api/about", timeout=30)
        requests.post(f"{address}/api/sql", json={"sql": "select 1"}, timeout=30)
        clients = [threading.Thread(target=send, args=(f"{address}/api/sql",)) for _ in range(2)]
        for client in clients:
            client.start()
        time.sleep(1)
        assert len(list(tmp_path.iterdir())) == 2
        began = time.monotonic()
        process.send_signal(ends_by)
        process.wait(30)
        assert time.monotonic() - began < BOX_LIMITS.seconds / 2
        for client in clients:
            client.join()
    assert answers == [503, 503]
    assert list(tmp_path.iterdir()) == []


def test_a_query_runs_after_one_that_reached_the_memory_limit(server: Server) -> None:
    with closing(QueryBox(server.lake)) as box:
        box.run(Query(sql="select 1"))
        child = process_of(box)
        with pytest.raises(HTTPException, match="memory limit"):
            box.run(Query(sql="select length(list(range::text || repeat('x', 1000))::text)"
                          " from range(10000000)"))  # fmt: skip
        assert box.run(Query(sql="select 42")).rows == [["42"]]
        assert process_of(box) != child


def process_of(box: QueryBox) -> int:
    assert box._process is not None
    return box._process._child.pid


def test_a_large_answer_is_cut(server: Server) -> None:
    columns = ", ".join(f"repeat('x', 2000) as c{n}" for n in range(150))
    answer = server.post("sql", {"sql": f"select {columns} from range(500)"})
    assert len(answer.content) < 4_000_000
    found = answer.json()
    assert found["is_cut"]
    assert {len(row) for row in found["rows"]} == {150}
    whole = server.post("sql", {"sql": "select * from range(500)"}).json()
    assert (len(whole["rows"]), whole["is_cut"]) == (500, False)
    many = ", ".join(f"1 as c{n}" for n in range(300))
    refused = server.post("sql", {"sql": f"select {many}"})
    assert (refused.status_code, "has 300 columns" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("\\ud800", r"a parameter is not UTF-8: remove \ud800"),
        ("\\u0000", "a parameter has a NUL character: remove it"),
    ],
)
def test_a_parameter_that_is_no_text_is_refused(server: Server, value: str, said: str) -> None:
    body = '{"sql": "select $a", "parameters": {"a": "' + value + '"}}'
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{server.address}/api/sql", data=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["detail"]) == (422, said)


def test_a_parameter_may_be_larger_than_all_types_of_numbers(server: Server) -> None:
    answer = server.post("sql", {"sql": "select $a > 1", "parameters": {"a": 10**400}})
    assert answer.json()["rows"] == [["true"]]


def data_file(lake: Path, table: str) -> Path:
    metadata = Path(read_catalog(lake).tables["reelhouse", table])
    (file,) = (metadata.parents[1] / "data").rglob("*.parquet")
    return file


def test_a_file_that_is_brought_back_is_read_again(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake")
    file, backup = data_file(lake, "users"), tmp_path / "users.parquet"
    shutil.copy2(file, backup)
    query = {"sql": "select any_value(age) from users"}
    with serving(lake) as server:
        url = f"{server.address}/api/users/3"
        assert requests.get(url, timeout=30).status_code == 200
        assert server.post("sql", query).status_code == 200
        os.truncate(file, 100)
        for answer in (requests.get(url, timeout=60), server.post("sql", query)):
            assert answer.status_code == 503, answer.text
            assert "bring the file back from a backup" in answer.json()["detail"]
        shutil.copy2(backup, file)
        assert requests.get(url, timeout=30).status_code == 200
        assert server.post("sql", query).status_code == 200


def test_the_page_of_a_damaged_lake_is_not_kept(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake")
    file, backup = data_file(lake, "model_comparison"), tmp_path / "compared.parquet"
    shutil.copy2(file, backup)
    with serving(lake) as server:
        os.truncate(file, 100)
        assert 0.3 not in server.get("lake")["releases"]["rows"][0]
        shutil.copy2(backup, file)
        assert 0.3 in server.get("lake")["releases"]["rows"][0]


def test_a_lake_that_is_gone_is_no_fault_of_the_request(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake")
    with serving(lake) as server:
        assert server.post("sql", {"sql": "select 1"}).status_code == 200
        unknown = requests.get(f"{server.address}/api/releases/9/changes", timeout=30)
        assert unknown.status_code == 404
        lake.rename(tmp_path / "gone")
        answers: list[Any] = [
            server.post("sql", {"sql": "select count(*) from users"}),
            requests.get(f"{server.address}/api/releases/1/changes", timeout=30),
            requests.get(f"{server.address}/api/users/3", timeout=30),
        ]
        assert [answer.status_code for answer in answers] == [503] * 3
