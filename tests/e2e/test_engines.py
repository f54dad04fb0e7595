"""Spark, DuckDB and PyIceberg read equal rows from one catalog."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import ROOT

TABLES = ("interactions", "recommendations", "model_comparison", "als_factors", "rejected_ratings")


@pytest.fixture(scope="module")
def elsewhere(tiny):
    """Return the environment of a machine whose zone is not that of the lake, UTC."""
    return {**tiny.environment, "TZ": "Asia/Kolkata"}


@pytest.fixture(scope="module")
def rows_by_spark(tiny, elsewhere):
    """Read all tables by one `dbt show`, a row of JSON each, and the times of interactions."""
    json_of_row = "to_json(struct(*), map('ignoreNullFields', 'false'))"
    selects = [
        f"select '{name}' as name, {json_of_row} as row, null as at, null as text"
        f" from reelhouse.{name}"
        for name in TABLES
    ]
    selects.append("select 'times', null, rated_at, string(rated_at) from reelhouse.interactions")
    shown = subprocess.run(
        tiny.command("--quiet", "show", "--inline", " union all ".join(selects),
                     "--limit", "-1", "--output", "json"),
        cwd=ROOT, env=elsewhere, capture_output=True, text=True, check=True,
    )  # fmt: skip
    tables = {name: [] for name in [*TABLES, "times"]}
    for line in json.loads(shown.stdout)["show"]:
        tables[line["name"]].append(line if line["name"] == "times" else json.loads(line["row"]))
    return tables


def plain(rows):
    """Rows in an order and form that no engine decides."""
    return sorted(([comparable(row[key]) for key in sorted(row)] for row in rows), key=str)


def comparable(value):
    if isinstance(value, str) and value[4:5] == "-" and value[10:11] in ("T", " "):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, list):  # of 32-bit floats, which engines write out differently
        return [float(np.float32(item)) for item in value]
    return value


@pytest.mark.parametrize("name", TABLES)
def test_three_engines_agree(tiny, rows_by_spark, name):
    by_pyiceberg = plain(tiny.table(name).to_pylist())
    by_duckdb = subprocess.run(
        [Path(sys.executable).parent / "reelhouse", "sql", "--format", "json", f"from {name}"],
        env=tiny.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert by_pyiceberg
    assert plain(json.loads(by_duckdb.stdout)) == by_pyiceberg
    assert plain(rows_by_spark[name]) == by_pyiceberg


def test_times_do_not_follow_the_zone_of_the_machine(tiny, elsewhere, rows_by_spark):
    """`dbt show` prints the times that Spark, DuckDB and PyIceberg read."""
    by_duckdb = subprocess.run(
        [
            *(Path(sys.executable).parent / "reelhouse", "sql", "--format", "json"),
            "select rated_at from interactions",
        ],
        env=elsewhere, capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = sorted(map(comparable, tiny.table("interactions")["rated_at"].to_pylist()))
    assert sorted(comparable(row["at"]) for row in rows_by_spark["times"]) == expected
    assert sorted(comparable(row["text"]) for row in rows_by_spark["times"]) == expected
    rows = json.loads(by_duckdb.stdout)
    assert sorted(comparable(row["rated_at"]) for row in rows) == expected
