"""The table raw_files: its rows, and the ratings that it refuses."""

from __future__ import annotations

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.raw_files import file_with_role, list_raw_files
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.reading import ratings_of


def raw_files_of(spark, data, columns=""):
    return list_raw_files(spark, data=str(data), columns=columns, table="no_such_table")


def test_a_row_describes_the_file_and_its_ratings(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating\nada,1,3\nbob,2,4\n3,3,5\n")
    raw_files = raw_files_of(spark, tmp_path / "mine.csv")
    row = raw_files.first()
    assert (row["has_times"], row["rating_min"]) == (False, None)
    file = file_with_role(raw_files, "ratings")
    assert file._replace(parts=None) == find_source(str(tmp_path / "mine.csv")).files[0]
    assert file_with_role(raw_files, "movies") is None


@pytest.mark.parametrize(
    ("lines", "is_equal"),
    [
        (["bob,2,4", "ada,1,3", "3,3,5"], True),
        (["ada,1,3", "bob,2,4"], False),
        # Rows that occur twice must not cancel out.
        (["ada,1,3", "bob,2,4", "3,3,5", "4,4,4", "4,4,4"], False),
        (["ada,1,3", "bob,2,4", "3,3,5", "5,5,1", "5,5,1"], False),
    ],
)
def test_the_fingerprint_depends_on_the_rows_and_not_on_their_order(
    spark, tmp_path, lines, is_equal
):
    def fingerprint(name, rows):
        (tmp_path / name).write_text("user,item,rating\n" + "".join(f"{row}\n" for row in rows))
        return raw_files_of(spark, tmp_path / name).first()["fingerprint"]

    first = fingerprint("first.csv", ["ada,1,3", "bob,2,4", "3,3,5"])
    second = fingerprint("second.csv", lines)
    assert (first == second) == is_equal
    assert len(first) == len(second) == 16
    assert len({first, *(fingerprint(f"{n}.csv", [f"{n},1,3", "a,2,3"]) for n in range(2))}) == 3


def test_a_table_of_an_earlier_version_is_refused(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating\nada,1,3\nbob,2,4\n3,3,5\n")
    raw_files = raw_files_of(spark, tmp_path / "mine.csv")
    with pytest.raises(ReelhouseError, match=r"another version .* `make build`"):
        file_with_role(raw_files.drop("has_header"), "ratings")


def test_ratings_can_be_read_without_their_times(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating,time\n1,1,3,9\n2,2,4,9\n")
    row = raw_files_of(spark, tmp_path / "mine.csv", "rated_at=").first()
    assert (row["has_times"], row["mapping"]) == (False, "rated_at=")
    assert ratings_of(spark, tmp_path / "mine.csv", "rated_at=")[0][:4] == ("1", "1", "3", None)


@pytest.mark.parametrize(
    ("line", "column"),
    [("1,{n},{r},978300760\n", "user_id"), ("{n},1,{r},978300760\n", "movie_id")],
)
def test_ratings_of_one_user_or_one_movie_are_refused(spark, tmp_path, line, column):
    lines = [line.format(n=n, r=1 + n % 5) for n in range(1500)]
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "".join(lines))
    with pytest.raises(
        ReelhouseError, match=rf"ratings\.csv has the same {column} in every rating"
    ):
        raw_files_of(spark, tmp_path)


def test_a_file_without_ratings_is_refused(spark, tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n")
    with pytest.raises(ReelhouseError, match=r"ratings\.csv has no ratings"):
        raw_files_of(spark, tmp_path)


def test_a_lake_keeps_its_data_set_when_users_or_raw_files_is_lost(spark, tmp_path):
    def make(table, columns):
        place = (tmp_path / table).as_uri()
        spark.sql(
            f"create table default.{table} using parquet location '{place}' as select {columns}"
        )

    def read(data=""):
        list_raw_files(spark, data=data, columns="", table="default.raw_files")

    try:
        make("raw_files", f"'{tmp_path}/lost.csv' as data, '' as mapping")
        make("recommendations", "1 as user_id")
        with pytest.raises(ReelhouseError, match=r"there is no .*lost\.csv"):
            read()
        with pytest.raises(ReelhouseError, match=r"holds .*lost\.csv, .* one data set.*make clean"):
            read(f"{tmp_path}/mine.csv")
        spark.sql("drop table default.raw_files")
        with pytest.raises(
            ReelhouseError, match=r"has no table raw_files\. Name the ratings again"
        ):
            read()
        with pytest.raises(ReelhouseError, match=r"there is no .*mine\.csv"):
            read(f"{tmp_path}/mine.csv")
    finally:
        for table in ("raw_files", "recommendations"):
            spark.sql(f"drop table if exists default.{table}")
