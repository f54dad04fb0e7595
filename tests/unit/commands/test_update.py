"""`reelhouse update`: what it refuses before Spark starts, and what it prints at its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.cli import main
from reelhouse.commands.maintain import maintain
from reelhouse.commands.update import update_lines
from reelhouse.lake.evaluations import evaluating_releases
from tests.unit.lakes import build_lake
from tests.unit.published import build_catalog, publish

INTS = pa.int32()
ROWS = pa.table({"shop": ["a"]})
PART = pa.struct([("name", pa.string()), ("version", pa.string()), ("row_count", pa.int64())])


def raw_files(parts: dict[str, int]) -> dict[str, pa.Table]:
    """Return raw_files with parts: name and version in one → number of rows."""
    rows = [[{"name": name, "version": name, "row_count": n} for name, n in parts.items()]]
    table = {"role": ["ratings", "movies"], "parts": pa.array([*rows, None], pa.list_(PART))}
    return {"raw_files": pa.table(table)}


def interactions(count: int) -> dict[str, pa.Table]:
    users = pa.array(range(count), INTS)
    events = pa.nulls(count, pa.int64())
    return {
        "interactions": pa.table({"user_id": users, "event_count": events}),
        "int_rating_scale": pa.table({"has_ratings": [True]}),
        "rejected_ratings": pa.table({"rule": ["user_id_missing"] * 2}),
    }


def metrics(ndcg: float) -> dict[str, pa.Table]:
    return {"model_comparison": pa.table({"ndcg_at_10": [ndcg]})}


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a lake with a build, two updates, and another build."""
    lake = tmp_path / "lake"
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    trials = {"tuning_trials": pa.table({"trial": ["a"]})}
    publish(lake, {**interactions(5), **metrics(0.3), **trials, **raw_files({"a": 3, "b": 2})})
    publish(lake, {**interactions(9), **raw_files({"a": 3, "b": 2, "c": 4})})
    publish(lake, {**interactions(8), **raw_files({"a": 3, "d": 1, "c": 4})})
    return lake


@pytest.fixture
def refused(lake: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    def refused() -> str:
        assert main(["update"]) == 1
        return capsys.readouterr().err

    return refused


def test_an_update_prints_what_changed_and_on_which_evaluation_it_relies(lake: Path) -> None:
    text = "\n".join(update_lines(lake))
    assert "ratings    8 kept, 2 in rejected_ratings: 2 user_id_missing" in text
    assert "files      1 file read (1 row) instead of 1 file (2 rows)" in text
    assert "release    3, with the evaluation of release 1" in text


def test_an_update_relies_on_the_last_build_as_long_as_its_release_is_kept(lake: Path) -> None:
    assert evaluating_releases(lake) == {1: 1, 2: 1, 3: 1}
    publish(lake, metrics(0.4))
    publish(lake, interactions(9))
    publish(lake, {}, copy_of=3)
    assert evaluating_releases(lake) == {1: 1, 2: 1, 3: 1, 4: 4, 5: 4, 6: 1}
    maintain(keep=4, grace=0)
    assert evaluating_releases(lake) == {3: 3, 4: 4, 5: 4, 6: 3}


def test_a_table_of_another_schema_is_not_taken_for_the_metrics(lake: Path) -> None:
    for release in (4, 5):
        with closing(build_catalog(lake)) as catalog:
            catalog.create_namespace_if_not_exists("shop")
            table = catalog.create_table_if_not_exists("shop.model_comparison", ROWS.schema)
            table.append(ROWS)
        publish(lake, metrics(0.4) if release == 4 else {})
    assert evaluating_releases(lake) == {1: 1, 2: 1, 3: 1, 4: 4, 5: 4}


def test_a_lake_from_before_releases_has_no_evaluations(tmp_path: Path) -> None:
    assert evaluating_releases(build_lake(tmp_path / "old")) == {}


def test_a_lake_without_a_release_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "none"))
    assert main(["update"]) == 1
    assert "yet: run `make build`" in capsys.readouterr().err


def test_a_lake_with_new_trials_is_refused(lake: Path, refused: Callable[[], str]) -> None:
    """The next build uses the trials of `make tune`, and publishes them."""
    catalog = build_catalog(lake)
    catalog.load_table("reelhouse.tuning_trials").append(pa.table({"trial": ["b"]}))
    assert "tuning_trials was changed since the last release" in refused()


def test_a_lake_with_a_damaged_table_is_refused(lake: Path, refused: Callable[[], str]) -> None:
    catalog = build_catalog(lake)
    location = catalog.load_table("reelhouse.interactions").metadata_location
    Path(location.removeprefix("file://")).unlink()
    assert "files of interactions are missing or damaged" in refused()
