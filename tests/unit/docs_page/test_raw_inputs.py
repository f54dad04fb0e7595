"""The raw tables: a changed column of a file changes the column of the table, and no other."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from reelhouse.ingest.raw_files import list_raw_files
from reelhouse.project import project_vars
from tests.unit.algorithms.dbt_models import DbtModels

# Column of the file → column of the table.
FILES = {
    "ratings": {
        "userId": "user_id",
        "movieId": "movie_id",
        "rating": "rating",
        "timestamp": "rated_at",
    },
    "movies": {"movieId": "movie_id", "title": "title", "genres": "genres"},
    "links": {"movieId": "movie_id", "imdbId": "imdb_id", "tmdbId": "tmdb_id"},
    "tags": {"movieId": "movie_id", "tag": "tag"},
}
NAMES = {**FILES, "tags": ("userId", "movieId", "tag", "timestamp")}
ROWS, START = 3, 881_250_949


def write_files(folder: Path, changed: str = "") -> Path:
    """Write a small MovieLens release; ``changed`` is a column with other values."""
    folder.mkdir()
    for name, columns in NAMES.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(columns)
            for row in range(1, ROWS + 1):
                rows.writerow(
                    row + START * (column == "timestamp") + 50 * (f"{name}.{column}" == changed)
                    for column in columns
                )
    return folder


def raw_rows(spark: SparkSession, folder: Path, model: str) -> list[dict[str, Any]]:
    models = DbtModels(spark, project_vars())
    listed = list_raw_files(spark, data=str(folder), columns="", table="no_raw_files")
    models.add("raw_files", listed)
    rows = models.run_python(model).toArrow().to_pylist()
    return [{**row, "file_version": None} for row in rows]


@pytest.mark.parametrize("name", FILES)
def test_a_column_of_a_file_changes_its_column_only(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    before = raw_rows(spark, write_files(tmp_path / "before"), f"raw_{name}")
    assert len(before) == ROWS
    for theirs, ours in FILES[name].items():
        folder = write_files(tmp_path / theirs, f"{name}.{theirs}")
        after = raw_rows(spark, folder, f"raw_{name}")
        changed = {
            column
            for old, new in zip(before, after, strict=True)
            for column in old
            if old[column] != new[column]
        }
        assert changed == {ours}
