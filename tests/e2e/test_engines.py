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
def rows_by_spark(tiny):
    """All tables through one `dbt show`, a row of JSON each."""
    selects = (
        f"select '{name}' as name, to_json(struct(*), map('ignoreNullFields', 'false')) as row"
        f" from reelhouse.{name}"
        for name in TABLES
    )
    shown = tiny.dbt(
        "--quiet", "show", "--inline", " union all ".join(selects), "--limit", "-1",
        "--output", "json",
    )  # fmt: skip
    tables = {name: [] for name in TABLES}
    for line in json.loads(shown)["show"]:
        tables[line["name"]].append(json.loads(line["row"]))
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


def test_times_do_not_follow_the_zone_of_the_machine(tiny):
    """Under another zone `dbt show` prints the times that Spark, DuckDB and PyIceberg read."""
    elsewhere = {**tiny.environment, "TZ": "Asia/Kolkata"}
    by = "user_id, movie_id"
    as_text = (
        f"select rated_at, string(rated_at) as by_spark from reelhouse.interactions order by {by}"
    )
    shown = subprocess.run(
        tiny.command("--quiet", "show", "--inline", as_text, "--limit", "9", "--output", "json"),
        cwd=ROOT, env=elsewhere, capture_output=True, text=True, check=True,
    )  # fmt: skip
    by_duckdb = subprocess.run(
        [
            *(Path(sys.executable).parent / "reelhouse", "sql", "--format", "json"),
            f"select rated_at from interactions order by {by} limit 9",
        ],
        env=elsewhere, capture_output=True, text=True, check=True,
    )  # fmt: skip
    by_pyiceberg = tiny.table("interactions").sort_by(
        [(name, "ascending") for name in by.split(", ")]
    )
    expected = [comparable(value) for value in by_pyiceberg["rated_at"].to_pylist()[:9]]
    rows = json.loads(shown.stdout)["show"]
    assert [comparable(row["rated_at"]) for row in rows] == expected
    assert [comparable(row["by_spark"]) for row in rows] == expected
    assert [comparable(row["rated_at"]) for row in json.loads(by_duckdb.stdout)] == expected
