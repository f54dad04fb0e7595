"""Spark, DuckDB and PyIceberg read equal rows from one catalog."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import QUICK, ROOT

REELHOUSE = Path(sys.executable).parent / "reelhouse"
TABLES = ("interactions", "recommendations", "model_comparison", "als_factors", "rejected_ratings")


TIMES = "select 'times' as name, null as row, rated_at as at, string(rated_at) as text"
ZONES = ("Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati")
"""Zones of machines, which differ from the zone of the lake, UTC."""
SLOW = pytest.mark.slow


def shown(lake, zone, query):
    """Return the rows that `dbt show` prints on a machine in a zone; list the classes of Java."""
    options = f"{QUICK['JAVA_TOOL_OPTIONS']} -Xlog:class+load:file={lake.folder}/%p.classes"
    done = subprocess.run(
        lake.command("--quiet", "show", "--inline", query, "--limit", "-1", "--output", "json"),
        cwd=ROOT, env={**lake.environment, "TZ": zone, "JAVA_TOOL_OPTIONS": options},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)["show"]


@pytest.fixture(scope="module")
def rows_by_spark(tiny):
    """Read all tables by one `dbt show`, a row of JSON each, and the times of interactions."""
    json_of_row = "to_json(struct(*), map('ignoreNullFields', 'false'))"
    selects = [
        f"select '{name}' as name, {json_of_row} as row, null as at, null as text"
        f" from reelhouse.{name}"
        for name in TABLES
    ]
    query = " union all ".join([*selects, f"{TIMES} from reelhouse.interactions"])
    tables = {name: [] for name in [*TABLES, "times"]}
    for line in shown(tiny, ZONES[0], query):
        tables[line["name"]].append(line if line["name"] == "times" else json.loads(line["row"]))
    return tables


@pytest.fixture
def in_zone(monkeypatch):
    """Return a function that sets the zone of this process, whose zone returns afterwards."""

    def set_zone(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


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
        [REELHOUSE, "sql", "--format", "json", f"from {name}"],
        env=tiny.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert by_pyiceberg
    assert plain(json.loads(by_duckdb.stdout)) == by_pyiceberg
    assert plain(rows_by_spark[name]) == by_pyiceberg


def test_java_takes_its_classes_from_the_archive_that_make_test_wrote(tiny, rows_by_spark):
    loaded = "".join(path.read_text() for path in tiny.folder.glob("*.classes"))
    for name in ("spark.sql.catalyst.analysis.Analyzer ", "iceberg.spark.SparkCatalog "):
        (line,) = [line for line in loaded.splitlines() if f" org.apache.{name}" in line]
        assert line.endswith("source: shared objects file (top)")


@pytest.mark.parametrize("zone", [ZONES[0], *(pytest.param(z, marks=SLOW) for z in ZONES[1:])])
def test_times_do_not_follow_the_zone_of_the_machine(tiny, rows_by_spark, in_zone, zone):
    """Spark, `dbt show`, DuckDB and PyIceberg read the times that the source has."""
    lines = (tiny.data / "u.data").read_text().splitlines()
    sources = [line.split("\t")[3] or None for line in lines]
    rejected = tiny.table("rejected_ratings")["raw_rated_at"].to_pylist()
    accepted = (Counter(sources) - Counter(rejected)).elements()
    expected = sorted(comparable(datetime.fromtimestamp(int(text), UTC)) for text in accepted)
    in_zone(zone)

    if zone == ZONES[0]:
        by_spark = rows_by_spark["times"]
    else:
        by_spark = shown(tiny, zone, f"{TIMES} from reelhouse.interactions")
    by_duckdb = subprocess.run(
        [REELHOUSE, "sql", "--format", "json", "select rated_at from interactions"],
        env={**tiny.environment, "TZ": zone}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    by_pyiceberg = tiny.table("interactions")["rated_at"].to_pylist()
    assert sorted(comparable(row["at"]) for row in by_spark) == expected
    assert sorted(comparable(row["text"]) for row in by_spark) == expected
    assert sorted(comparable(row["rated_at"]) for row in json.loads(by_duckdb.stdout)) == expected
    assert sorted(map(comparable, by_pyiceberg)) == expected
