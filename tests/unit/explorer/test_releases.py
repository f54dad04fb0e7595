"""A release that is published while the explorer runs: every answer is about one version."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pyarrow as pa
import pyarrow.compute as pc

from reelhouse.explorer.lists import Filters, computed_list
from reelhouse.explorer.state import LakeState
from reelhouse.serve.api import read_version
from tests.unit.explorer.explored_lake import explored_tables, serving, write_explored_lake
from tests.unit.lakes import add_release, replace_table
from tests.unit.serve.served_lake import IDS

GONE = int(IDS[-1])
"""A movie that release 2 lacks."""
RATINGS = {10: 5.0, 20: 1.0}


def publish_without_movie(lake: Path) -> None:
    for name, table in explored_tables().items():
        kept = table
        for column in {"movie_id", "similar_movie_id"} & {*table.column_names}:
            kept = kept.filter(pc.field(column) != GONE)
        if "side" in table.column_names and "id" in table.column_names:
            kept = kept.filter((pc.field("side") != "movie") | (pc.field("id") != GONE))
        if kept.num_rows < table.num_rows:
            replace_table(lake, name, kept)
    add_release(lake, 2)


def listed(state: LakeState) -> list[str]:
    """Return the titles of a computed list, which has all movies."""
    return [pick.movie.title for pick in computed_list(state, RATINGS, Filters()).picks]


def test_an_answer_has_the_tables_of_the_served_version(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake")
    versions = [read_version(lake)]

    async def visit() -> list[list[str]]:
        lists = [await state.run(listed)]
        publish_without_movie(lake)
        lists.append(await state.run(listed))
        versions.append(read_version(lake))
        return [*lists, await state.run(listed)]

    with closing(LakeState(lake, lambda: versions[-1])) as state:
        before, meanwhile, after = anyio.run(visit)
    assert before == meanwhile
    assert len(after) == len(before) - 1
    assert [version.release for version in versions] == [1, 2]


def test_a_release_that_is_removed_while_it_is_served_leaves_the_newest(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake")
    version = read_version(lake)

    async def visit() -> tuple[list[str], list[str]]:
        before = await state.run(listed)
        add_release(lake, 2)
        with closing(sqlite3.connect(lake / "catalog.db")) as database, database:
            database.execute("delete from iceberg_tables where catalog_name = 'r1'")
            database.execute("delete from releases where release_number = 1")
        return before, await state.run(listed)

    with closing(LakeState(lake, lambda: version)) as state:
        before, after = anyio.run(visit)
    assert before == after


def test_a_running_server_shows_the_metrics_of_a_new_release(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake")
    with serving(lake) as server:
        assert metrics(server.get("lake")) == {"r1": 0.3}
        compared = explored_tables()["model_comparison"]
        place = compared.column_names.index("ndcg_at_10")
        better = pa.array([0.5, 0.1, 0.05])
        replace_table(lake, "model_comparison", compared.set_column(place, "ndcg_at_10", better))
        add_release(lake, 2)
        deadline = time.monotonic() + 60
        while server.get("about")["release"] != 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert metrics(server.get("lake")) == {"r2": 0.5, "r1": 0.3}
        evaluation = server.get("evaluation")["comparison"]
        assert evaluation["rows"][0][evaluation["columns"].index("ndcg_at_10")] == 0.5


def metrics(page: dict[str, Any]) -> dict[str, float | None]:
    """Return the NDCG@10 of each release on the page about the lake."""
    names = page["releases"]["columns"]
    rows = [dict(zip(names, row, strict=True)) for row in page["releases"]["rows"]]
    return {row["release"]: row["ndcg_at_10"] for row in rows}
