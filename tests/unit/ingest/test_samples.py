"""The first ratings and strengths of a file, which are refused if a build would reject them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.ingest import samples
from reelhouse.ingest.samples import column_values
from reelhouse.ingest.sources import find_source
from reelhouse.project import Vars, project_vars
from tests.unit.ingest.ratings_files import refused, write


def rated(folder: Path, *ratings: object, column: str = "rating") -> Path:
    lines = "".join(f"{n};{n % 7};{rating}\n" for n, rating in enumerate(ratings))
    return write(folder, **{"mine.csv": f"user;item;{column}\n{lines}"}) / "mine.csv"


def test_ratings_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    what = "ratings such as 'good': write them as numbers, or name .*='rating=…'; COLUMNS='rating='"
    refused(rated(tmp_path, "good", "bad", "3"), what)
    refused(rated(tmp_path, "3,5", "4,0"), "ratings such as '3,5': write a point for the decimal")
    assert find_source(str(rated(tmp_path, "3", "good", "4"))).files


@pytest.mark.parametrize(
    ("numbers", "remedy"),
    [
        (["3,5", "4,125", "bad", "4,0"], "write a point for the decimal comma"),
        (["85%", "7.5 %"], "remove the percent sign"),
        (["4/5", "3 / 5"], "write only the number before the /"),
        (["1,234", "12,000"], "remove the commas between thousands"),
        (["1.234,5", "1.234.567"], "remove the signs between thousands"),
    ],
)
def test_the_message_says_how_to_write_numbers_of_another_form(
    tmp_path: Path, numbers: list[str], remedy: str
) -> None:
    refused(rated(tmp_path, *numbers), f"ratings such as '{numbers[0]}': {remedy}")
    refused(rated(tmp_path, *numbers, column="plays"), f"a number above 0: {remedy}")


def test_columns_with_many_missing_values_are_refused(tmp_path: Path) -> None:
    what = (
        "has no rating in 40% of the first 5 rows: COLUMNS='rating=…' names another column,"
        " COLUMNS='rating=' leaves it out, and rejected_share_limit: 0.5 in dbt_project.yml"
    )
    refused(rated(tmp_path, 3, 4, 5, "", "NULL"), what)
    header = "user,item,date\n"
    orders = "".join(f"{n % 4 or ''},{n},2020-01-{n}\n" for n in range(10, 30))
    file = write(tmp_path, **{"orders.csv": header + orders}) / "orders.csv"
    refused(
        file, r"has no user_id in 25% .*COLUMNS='user_id=…' names .* rejected_share_limit: 0\.3"
    )
    file.write_text(header + "1,2,\n2,3,NaT\n")
    refused(file, "no rated_at in 100% of .* column, COLUMNS='rated_at=' leaves it out$")
    assert find_source(str(rated(tmp_path, *[3, 4] * 9, ""))).files
    assert find_source(str(rated(tmp_path, "", "NULL"))).files  # events


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_lists_in_a_column_are_refused(tmp_path: Path, format: str) -> None:
    row = {"user": 1, "item": [2, 3]}
    file = tmp_path / f"mine.{format}"
    if format == "jsonl":
        file.write_text(json.dumps(row))
    else:
        pq.write_table(pa.Table.from_pylist([row]), file)
    refused(file, "has a list or an object in the column item: write one rating per row")


def test_strengths_that_are_not_above_0_are_refused(tmp_path: Path) -> None:
    what = "strengths such as '0', and a strength is a number above 0: .*COLUMNS='strength='"
    refused(rated(tmp_path, 0, 0, 3, column="plays"), what)
    refused(rated(tmp_path, "often", column="plays"), "strengths such as 'often'")
    assert find_source(str(rated(tmp_path, 0, 2, 3, column="plays"))).files
    assert find_source(str(rated(tmp_path, 0, 0, 3, column="plays")), "strength=").files


@pytest.mark.parametrize(
    ("ratings", "what"),
    [
        (
            [*range(1, 11), -1],
            r"ratings of -1 \(9\.1% of those read\), far from all others; the others run from 1 to "
            r"10: if -1 stands for a missing rating, write rating_min: 1, rating_max: 10 and "
            r"rejected_share_limit: 0\.2 in dbt_project\.yml, .* write rating_min: -1 and ",
        ),
        (
            [*(n / 10 for n in range(-95, 95)), 99],
            r"99 \(0\.5% of those read\), .* from -10 to 10: .* write rating_min: -10 and "
            r"rating_max: 10 in dbt_project\.yml, .* write rating_min: -10 and rating_max: 99",
        ),
        ([0.5, 1, 2.5, 4, 5, -9999], "ratings of -9999 "),
    ],
)
def test_a_code_for_a_missing_rating_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ratings: list[float], what: str
) -> None:
    file = rated(tmp_path, *ratings)
    refused(file, what)
    variables = Vars(project_vars() | {"rating_min": 0, "rating_max": 10})
    monkeypatch.setattr(samples, "project_vars", lambda: variables)
    assert find_source(str(file)).files


@pytest.mark.parametrize(
    "ratings",
    [
        [-1, 1],
        [-1, 0, 1],
        [-2, -1, 1, 2, 3],
        [1, 2, 3, 99],
        range(0, 101),
        range(-1, 6),
        [*range(1, 11), 0],
        [n / 10 for n in range(-100, 101)],
    ],
)
def test_ratings_near_each_other_have_no_code(tmp_path: Path, ratings: list[float]) -> None:
    assert find_source(str(rated(tmp_path, *ratings))).files


def test_the_values_of_a_damaged_parquet_file_are_refused(tmp_path: Path) -> None:
    rows = {"rating": [5.0, 3.5], "user": [1, 2], "item": [3, 4]}
    pq.write_table(pa.table(rows), tmp_path / "mine.parquet", compression="none")
    file = find_source(str(tmp_path / "mine.parquet")).files[0]
    assert list(column_values(file, "rating")) == ["5.0", "3.5"]
    content = bytearray((tmp_path / "mine.parquet").read_bytes())
    content[4:60] = b"\xff" * 56
    (tmp_path / "mine.parquet").write_bytes(content)
    refused(tmp_path / "mine.parquet", "mine.parquet is truncated or damaged .*: fetch it again")
