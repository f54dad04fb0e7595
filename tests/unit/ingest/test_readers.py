"""Every line of a file in any format becomes a row of the raw table."""

from __future__ import annotations

import datetime
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.ingest.forgotten_rows import withhold_forgotten
from reelhouse.ingest.readers import read_movies, read_ratings, read_users
from reelhouse.ingest.sources import find_source
from reelhouse.project import project_vars
from tests.unit.algorithms.dbt_models import DbtModels
from tests.unit.ingest.reading import ratings_of


def test_a_csv_line_of_another_number_of_fields_is_kept_whole(spark, tmp_path):
    wide = "9,1,3,0" + "," * 30_000
    lines = [
        '"userId","movieId","rating","timestamp"',
        '1,2,3.5,"2005-04-02 23:53:47"',
        "2,2,3,5,978300760",  # a comma for the decimal point
        "3,2",
        '4,"2,3.5,978300760',  # unbalanced
        '5,"two\nlines",3,978300760',
        "6,2,nan,\x00",
        "userId,movieId,rating,timestamp",
        "",
        wide,
        "7,,4.0,978300760",
    ]
    (tmp_path / "ratings.csv").write_text("\r\n".join(lines) + "\r\n")
    rows = ratings_of(spark, tmp_path)
    good = {row[0]: row for row in rows if row[4] is None}
    assert good["1"] == ("1", "2", "3.5", "2005-04-02 23:53:47", None, "ratings.csv", True)
    assert good["6"] == ("6", "2", "nan", "\x00", None, "ratings.csv", True)
    assert good["7"] == ("7", None, "4.0", "978300760", None, "ratings.csv", True)
    assert good["userId"][:2] == ("userId", "movieId")
    assert [row[4] for row in rows if row[4] is not None] == [
        "2,2,3,5,978300760",
        "3,2",
        '4,"2,3.5,978300760',
        '5,"two',
        'lines",3,978300760',
        wide,
    ]


def test_the_columns_of_a_csv_go_by_name_and_the_others_are_left(spark, tmp_path):
    (tmp_path / "mine.csv").write_text('when;what;"how; much";who;why\n0;m;7;u;x\n')
    rows = ratings_of(
        spark,
        tmp_path / "mine.csv",
        "user_id=who, movie_id=what, rating=how; much, rated_at=when",
    )
    assert rows == [("u", "m", "7", "0", None, "mine.csv", True)]


def test_numbers_in_a_header_are_names_when_columns_says_so(spark, tmp_path):
    (tmp_path / "mine.csv").write_text(",0,1,2\n0,7,8,3.5\n1,8,9,4\n")
    rows = ratings_of(spark, tmp_path / "mine.csv", "user_id=0, movie_id=1, rating=2")
    assert [row[:5] for row in rows] == [("7", "8", "3.5", None, None), ("8", "9", "4", None, None)]


def test_compressed_csv_and_parts_are_read(spark, tmp_path):
    with gzip.open(tmp_path / "mine.csv.gz", "wt") as file:
        file.write("user,item,rating\n1,2,3\n")
    assert ratings_of(spark, tmp_path / "mine.csv.gz")[0][:4] == ("1", "2", "3", None)
    for part in (1, 2):
        (tmp_path / "parts").mkdir(exist_ok=True)
        (tmp_path / "parts" / f"{part}.tsv").write_text(f"user\titem\trating\n{part}\t2\t3\n")
    rows = ratings_of(spark, tmp_path / "parts")
    assert sorted((row[0], row[5]) for row in rows) == [("1", "1.tsv"), ("2", "2.tsv")]


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl"])
def test_paths_and_columns_may_have_any_name(spark, tmp_path, format):
    folder = tmp_path / "a b%20[1] {é} *"
    folder.mkdir()
    row = {"user": "u", "item`s": "m", "a.b c": "3", "malformed_line": "x", "c1": "y"}
    file = folder / f"mine [2] %41.{format}"
    if format == "csv":
        file.write_text(",".join([*row, "twice", "twice", ""]) + "\nu,m,3,x,y,1,2,3\n")
    elif format == "jsonl":
        file.write_text(json.dumps(row) + "\n")
    else:
        pq.write_table(pa.table({name: [value] for name, value in row.items()}), file)
    mapping = "user_id=user, movie_id=item`s, rating=a.b c"
    assert ratings_of(spark, file, mapping)[0][:5] == ("u", "m", "3", None, None)


JSON_FAULTS = [
    '{"user": 1, "item"',
    "[]",
    '[{"user": 1}]',
    '"text"',
    '{"user": 1, "item": 2, "rating": 3}{"user": 7}',
    '{"user": 1, "item": 2, "rating": 3} {"user": 7}',
    '{"user": 1, "item": 2, "rating": 3}, {"user": 7}',
    '{"user": 1, "item": 2, "rating": 3},',
    '{"user": 1, "item": 2, "rating": 3}]',
    '{"user": 1, "item": 2, "rating": 3}}',
    '{"user": 1, "item": 2, "rating": 3} x',
    "null",
    "5",
]


# Texts with the end of an object and the start of another.
SMILEYS = ["} {", "}{", '"} {"', "for (;;) { if (x) { y(); } { z(); } }"]


def test_parquet_json_lines_and_a_table_give_text(spark, tmp_path):
    at = datetime.datetime(2005, 4, 2, 23, 53, 47, tzinfo=datetime.UTC)
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    table = pa.table({"user": [2**62], "item": ["x"], "rating": [-3.5], "ts": [at]})
    pq.write_table(table, tmp_path / "mine.parquet")
    expected = (str(2**62), "x", "-3.5", "2005-04-02 23:53:47")
    assert ratings_of(spark, tmp_path / "mine.parquet")[0][:4] == expected
    (tmp_path / "mine.jsonl").write_text(
        '{"user": 4611686018427387904, "item": "x", "rating": -3.5, "ts": "2005-04-02 23:53:47"}\n'
        + "\n".join(JSON_FAULTS)
        + "\n\n"
    )
    with (tmp_path / "mine.jsonl").open("a") as file:
        for text in SMILEYS:
            row = {"user": text, "item": text, "rating": 4, "ts": "", "review": text, text: text}
            file.write(json.dumps(row) + "\n")
    first, *rows = ratings_of(spark, tmp_path / "mine.jsonl")
    broken, smileys = rows[: len(JSON_FAULTS)], rows[len(JSON_FAULTS) :]
    assert [row[:5] for row in smileys] == [(text, text, "4", "", None) for text in SMILEYS]
    assert first[:4] == expected
    assert [row[4] for row in broken] == JSON_FAULTS
    assert {row[:4] for row in broken} == {(None,) * 4}


def test_json_may_have_nan_and_infinity_as_python_writes_them(spark, tmp_path):
    rows = [
        {"user": float("nan"), "item": "a", "stars": float("inf")},
        {"user": "NaN", "item": -float("inf"), "stars": 4},
        {"user": 'the "NaN"', "item": "it's", "stars": 4.5},
    ]
    lines = [*map(json.dumps, rows), "{'user': 8, 'item': 8, 'stars': 1}"]
    (tmp_path / "100% [of] mine+.jsonl").write_text("\n".join(lines) + "\n")
    columns = "user_id=user, movie_id=item, rating=stars, rated_at="
    ratings = ratings_of(spark, tmp_path / "100% [of] mine+.jsonl", columns)
    assert [row[:3] for row in ratings[:3]] == [
        ("NaN", "a", "Infinity"),
        ("NaN", "-Infinity", "4"),
        ('the "NaN"', "it's", "4.5"),
    ]
    assert [row[4] for row in ratings] == [None, None, None, *lines[3:]]
    assert {row[5] for row in ratings} == {"100% [of] mine+.jsonl"}


def test_times_in_nanoseconds_are_read(spark, tmp_path):
    """As pandas writes them."""
    at = pa.array([datetime.datetime(2005, 4, 2, 23, 53, 47)], pa.timestamp("ns"))
    table = pa.table({"user": [1], "item": [2], "rating": [3], "ts": at})
    pq.write_table(table, tmp_path / "mine.parquet")
    assert float(ratings_of(spark, tmp_path / "mine.parquet")[0][3]) == 1112486027


def test_ids_that_are_doubles_are_whole_numbers(spark, tmp_path):
    """pandas writes ids as doubles if one is missing. Spark writes 12345678.0 as 1.2345678E7."""
    ids = [*[31.0, 12_345_678.0] * 10, None]
    table = pa.table({"user": ids, "item": pa.array(ids, pa.float32()), "rating": ids})
    pq.write_table(table, tmp_path / "mine.parquet")
    models = DbtModels(spark, project_vars())
    source = find_source(str(tmp_path / "mine.parquet"))
    raw = withhold_forgotten(read_ratings(spark, source.file("ratings")))
    models.add("raw_ratings", raw)
    rows = models.build("stg_value_formats", "stg_ratings").select("user_id", "movie_id").collect()
    assert {tuple(row) for row in rows} == {(31, 31), (12_345_678, 12_345_678), (None, None)}


PARTITIONED = [
    # user, movie, rating, note: a leading zero, characters that a path escapes, null, letters
    ("007", "x y/1=%", 4.0, "a"),
    ("8", None, 3.0, "b"),
    ("é+ü", "m", 2.5, "c"),
    ("é+ü", "n", 1.0, "d"),
]


@pytest.mark.parametrize("format", ["parquet", "csv", "json"])
def test_columns_in_the_names_of_folders_are_read(spark, tmp_path, format):
    frame = spark.createDataFrame(
        PARTITIONED, "`a user` string, item string, rating double, note string"
    )
    writer = frame.write.partitionBy("a user", "item")
    (writer.option("header", True) if format == "csv" else writer).format(format).save(
        str(tmp_path / "p")
    )
    rows = ratings_of(spark, tmp_path / "p", "user_id=a user")
    assert {row[:3] for row in rows} == {(u, m, str(r)) for u, m, r, _ in PARTITIONED}
    assert {row[4:7:2] for row in rows} == {(None, True)}


def test_titles_keep_their_letters(spark, tmp_path):
    title = "Amélie 東京 (2001)"
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,978300760\n")
    lines = f'movieId,title,genres\n1,"{title}",Comedy|Romance\n2,"The ""B"", again",\n'
    (tmp_path / "movies.csv").write_text(lines)
    source = find_source(str(tmp_path))
    rows = [tuple(row) for row in read_movies(spark, source.file("movies")).collect()]
    assert rows == [
        ("1", title, "Comedy|Romance", None, "movies.csv", True),
        ("2", 'The "B", again', None, None, "movies.csv", True),
    ]


def test_without_movies_and_users_their_tables_are_empty(spark):
    assert read_movies(spark, None).collect() == []
    assert read_users(spark, None).columns == [
        *("user_id", "age", "gender", "occupation", "zip_code"),
        *("malformed_line", "file", "is_utf8"),
    ]  # fmt: skip
