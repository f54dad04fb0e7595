"""Raw rows of people whom the lake has forgotten are emptied, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.forgotten_rows import WITHHELD, withhold_forgotten, withhold_lines
from reelhouse.lake.forgotten import add_forgotten, key_file

WAREHOUSE = "spark.sql.catalog.build.warehouse"
COLUMNS = "user_id string, rating string, malformed_line string, file string, is_utf8 boolean"


@pytest.fixture
def session(spark: SparkSession, tmp_path: Path) -> Iterator[SparkSession]:
    """Return a session whose lake is in `tmp_path`."""
    session = spark.newSession()
    session.conf.set(WAREHOUSE, f"file:{tmp_path}/warehouse")
    yield session


def withheld(session: SparkSession, *users: str | None) -> dict[str | None, Any]:
    """Return the rows of the users as they are stored, by the file of the row."""
    rows = [(user, "4", None, f"file of {user}", True) for user in users]
    frame = session.createDataFrame([*rows, (None, None, "7,4,5", "torn", True)], COLUMNS)
    return {row["file"]: row for row in withhold_forgotten(frame).collect()}


def test_without_forgotten_people_all_values_stay(session: SparkSession) -> None:
    rows = withheld(session, "7", None)

    assert rows["file of 7"].asDict() == {
        "user_id": "7",
        "rating": "4",
        "malformed_line": None,
        "file": "file of 7",
        "is_utf8": True,
        "is_forgotten": False,
    }
    assert rows["torn"]["malformed_line"] == "7,4,5"


def test_a_number_is_forgotten_in_every_form(session: SparkSession, tmp_path: Path) -> None:
    add_forgotten(tmp_path, "number:7")
    add_forgotten(tmp_path, "number:99")

    rows = withheld(session, "7", "7.0", " 7 ", "99", "70", "x", None)

    forgotten = {file for file, row in rows.items() if row["is_forgotten"]}
    assert forgotten == {"file of 7", "file of 7.0", "file of  7 ", "file of 99"}
    assert all(rows[file]["user_id"] is rows[file]["rating"] is None for file in forgotten)
    assert rows["file of 70"]["rating"] == rows["file of None"]["rating"] == "4"
    assert "7,4,5" not in rows["torn"]["malformed_line"]


def test_a_malformed_tag_is_withheld_once_somebody_is_forgotten(
    session: SparkSession, tmp_path: Path
) -> None:
    tags = session.createDataFrame(
        [("7,4,noir,,", None), (None, "noir")], "malformed_line string, tag string"
    )
    assert withhold_lines(tags).collect() == tags.collect()
    add_forgotten(tmp_path, "number:7")

    torn, kept = withhold_lines(tags).collect()

    assert torn["malformed_line"] == WITHHELD
    assert tuple(kept) == (None, "noir")


def test_a_text_is_forgotten_alone(session: SparkSession, tmp_path: Path) -> None:
    add_forgotten(tmp_path, "text:07")
    add_forgotten(tmp_path, "text:Amélie")

    rows = withheld(session, "7", "07", " Amélie", "amélie")

    assert [row["is_forgotten"] for row in rows.values()] == [False, True, True, False, False]


def test_a_lost_key_is_an_error(session: SparkSession, tmp_path: Path) -> None:
    add_forgotten(tmp_path, "number:7")
    key_file(tmp_path).unlink()

    with pytest.raises(ReelhouseError, match=r"forgotten\.key is missing or damaged"):
        withheld(session, "7")
