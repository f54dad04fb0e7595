"""`summary` and `report` on lakes that lack tables or columns."""

from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.cli import main
from tests.unit.lakes import TABLES, build_lake

TRIALS = {"tuning_trials": pa.table({"trial": ["a"]})}


def error_of(
    command: str,
    lake: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    assert main([command]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("command", "missing"), [("summary", "recommendations"), ("report", "tuning_trials")]
)
def test_a_missing_table_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    missing: str,
) -> None:
    tables = {name: rows for name, rows in (TABLES | TRIALS).items() if name != missing}
    said = error_of(command, build_lake(tmp_path / "lake", tables), monkeypatch, capsys)
    assert f"has no {missing}: run `make build`" in said


@pytest.mark.parametrize(
    ("command", "table", "names"),
    [
        ("summary", "raw_files", {"has_times": "timed"}),
        ("report", "model_comparison", {"rmse": "error"}),
    ],
)
def test_a_lake_of_another_version_is_to_be_built_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    table: str,
    names: dict[str, str],
) -> None:
    renamed = TABLES[table].rename_columns([names.get(n, n) for n in TABLES[table].column_names])
    lake = build_lake(tmp_path / "lake", TABLES | TRIALS | {table: renamed})
    said = error_of(command, lake, monkeypatch, capsys)
    assert f"another version of Reelhouse built the lake at {lake}: run `make build`" in said
    assert next(iter(names)) in said
