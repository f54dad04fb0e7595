"""Every line of a file is a row of the raw table, with what it says; whatever form the file has."""

from __future__ import annotations

import datetime
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.readers import read_movies, read_ratings, read_users
from reelhouse.release import read_release, release_file
from reelhouse.sources import find_source


def ratings_of(spark, data, columns=""):
    source = find_source(str(data), columns)
    return [tuple(row) for row in read_ratings(spark, source.file("ratings")).collect()]


def test_a_line_is_a_row_whatever_is_wrong_with_it(spark, tmp_path):
    wide = b"5\t1\t3\t881250949" + b"\t" * 25_000
    lines = [
        b"\xef\xbb\xbf1\t1\t5\t881250949\r",
        b"\x002\t1\t5\t881250949",
        b'3\t"1\t5',
        b"4\t1\t5\t881250949\textra",
        wide,
        b"",
        b"6\t1\t5\t881250949",
    ]
    (tmp_path / "u.data").write_bytes(b"\n".join(lines) + b"\n")
    assert ratings_of(spark, tmp_path) == [
        ("1", "1", "5", "881250949", None, "u.data"),
        ("\x002", "1", "5", "881250949", None, "u.data"),
        ("3", '"1', "5", None, None, "u.data"),
        ("4", "1", "5", "881250949\textra", None, "u.data"),
        ("5", "1", "3", "881250949" + "\t" * 25_000, None, "u.data"),
        (None, None, None, None, None, "u.data"),
        ("6", "1", "5", "881250949", None, "u.data"),
    ]


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
    assert good["1"] == ("1", "2", "3.5", "2005-04-02 23:53:47", None, "ratings.csv")
    assert good["6"] == ("6", "2", "nan", "\x00", None, "ratings.csv")
    assert good["7"] == ("7", None, "4.0", "978300760", None, "ratings.csv")
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
    assert rows == [("u", "m", "7", "0", None, "mine.csv")]


def test_packed_csv_and_parts_are_read(spark, tmp_path):
    with gzip.open(tmp_path / "mine.csv.gz", "wt") as file:
        file.write("user,item,rating\n1,2,3\n")
    assert ratings_of(spark, tmp_path / "mine.csv.gz")[0][:4] == ("1", "2", "3", None)
    for part in (1, 2):
        (tmp_path / "parts").mkdir(exist_ok=True)
        (tmp_path / "parts" / f"{part}.tsv").write_text(f"user\titem\trating\n{part}\t2\t3\n")
    rows = ratings_of(spark, tmp_path / "parts")
    assert sorted((row[0], row[5]) for row in rows) == [("1", "1.tsv"), ("2", "2.tsv")]


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_paths_and_columns_may_have_any_name(spark, tmp_path, form):
    folder = tmp_path / "a b%20[1] {é} *"
    folder.mkdir()
    row = {"user": "u", "item`s": "m", "a.b c": "3", "malformed_line": "x", "c1": "y"}
    file = folder / f"mine [2] %41.{form}"
    if form == "csv":
        file.write_text(",".join([*row, "twice", "twice", ""]) + "\nu,m,3,x,y,1,2,3\n")
    elif form == "jsonl":
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
]


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
    first, *broken = ratings_of(spark, tmp_path / "mine.jsonl")
    assert first[:4] == expected
    assert [row[4] for row in broken] == JSON_FAULTS
    assert {row[:4] for row in broken} == {(None,) * 4}


def test_times_in_nanoseconds_are_read(spark, tmp_path):
    """As pandas writes them."""
    at = pa.array([datetime.datetime(2005, 4, 2, 23, 53, 47)], pa.timestamp("ns"))
    table = pa.table({"user": [1], "item": [2], "rating": [3], "ts": at})
    pq.write_table(table, tmp_path / "mine.parquet")
    assert float(ratings_of(spark, tmp_path / "mine.parquet")[0][3]) == 1112486027


def test_packed_letters_are_kept_and_a_cut_file_is_said(spark, tmp_path):
    lines = "user,item,rating\nandré,a,3\nandrè,b,4\n".encode("latin-1")
    packed = gzip.compress(lines)
    (tmp_path / "mine.csv.gz").write_bytes(packed)
    assert [row[0] for row in ratings_of(spark, tmp_path / "mine.csv.gz")] == ["andré", "andrè"]
    (tmp_path / "mine.csv.gz").write_bytes(packed[:-9])
    with pytest.raises(ReelhouseError, match=r"mine\.csv\.gz is cut or damaged"):
        ratings_of(spark, tmp_path / "mine.csv.gz")


@pytest.mark.parametrize(
    ("encoding", "title"), [("utf-8", "Amélie 東京 (2001)"), ("latin-1", "Amélie (2001)")]
)
def test_titles_keep_their_letters(spark, tmp_path, encoding, title):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,0\n")
    lines = f'movieId,title,genres\n1,"{title}",Comedy|Romance\n2,"The ""B"", again",\n'
    (tmp_path / "movies.csv").write_bytes(lines.encode(encoding))
    source = find_source(str(tmp_path))
    rows = [tuple(row) for row in read_movies(spark, source.file("movies")).collect()]
    assert rows == [
        ("1", title, "Comedy|Romance", None, "movies.csv"),
        ("2", 'The "B", again', None, None, "movies.csv"),
    ]


def test_movielens_1m_is_read_with_its_codes(spark, tmp_path):
    (tmp_path / "ratings.dat").write_text("1::1193::5::978300760\n")
    (tmp_path / "movies.dat").write_bytes("1193::Misérables, Les (1995)::Drama\n".encode("latin-1"))
    (tmp_path / "users.dat").write_text("1::F::1::10::48067\n2::M::56::99::70072\n")
    source = find_source(str(tmp_path))
    assert ratings_of(spark, tmp_path)[0][:4] == ("1", "1193", "5", "978300760")
    movie = read_movies(spark, source.file("movies")).first()
    assert tuple(movie) == ("1193", "Misérables, Les (1995)", "Drama", None, "movies.dat")
    users = [tuple(row)[:5] for row in read_users(spark, source.file("users")).collect()]
    assert users == [("1", "1", "F", "K-12 student", "48067"), ("2", "56", "M", "99", "70072")]


@pytest.mark.parametrize(
    ("ratings", "users", "lines"),
    [
        ("u.data", "u.user", ["1|30|F|writer|02139", "2|40|M", "3|50|F|artist|94110|more", ""]),
        ("ratings.dat", "users.dat", ["1::F::1::10::48067", "2::M", "3::F::1::10::0::1", ""]),
    ],
)
def test_a_user_of_another_number_of_fields_is_malformed(spark, tmp_path, ratings, users, lines):
    (tmp_path / ratings).write_text("1\t1\t5\t881250949\n")
    (tmp_path / users).write_text("\n".join(lines) + "\n")
    rows = read_users(spark, find_source(str(tmp_path)).file("users")).collect()
    assert [row["malformed_line"] for row in rows] == [None, *lines[1:]]


def test_ratings_can_be_read_without_their_times(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating,time\n1,1,3,9\n2,2,4,9\n")
    row = release_of(spark, tmp_path / "mine.csv", "rated_at=").first()
    assert (row["has_times"], row["mapping"]) == (False, "rated_at=")
    assert ratings_of(spark, tmp_path / "mine.csv", "rated_at=")[0][:4] == ("1", "1", "3", None)


def test_without_movies_and_users_their_tables_are_empty(spark):
    assert read_movies(spark, None).collect() == []
    assert read_users(spark, None).columns == [
        "user_id", "age", "gender", "occupation", "zip_code", "malformed_line", "file"
    ]  # fmt: skip


def release_of(spark, data, columns=""):
    return read_release(spark, data=str(data), columns=columns, table="no_such_table")


def test_a_release_says_what_its_ratings_are_like(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating\nada,1,3\nbob,2,4\n3,3,5\n")
    release = release_of(spark, tmp_path / "mine.csv")
    row = release.first()
    assert (row["has_times"], row["rating_min"]) == (False, None)
    assert release_file(release, "ratings") == find_source(str(tmp_path / "mine.csv")).files[0]
    assert release_file(release, "movies") is None


@pytest.mark.parametrize(
    ("line", "column"), [("1,{n},4,0\n", "user_id"), ("{n},1,4,0\n", "movie_id")]
)
def test_one_user_or_one_movie_is_nothing_to_learn_from(spark, tmp_path, line, column):
    lines = [line.format(n=n) for n in range(1500)]
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "".join(lines))
    with pytest.raises(
        ReelhouseError, match=rf"ratings\.csv has the same {column} in every rating"
    ):
        release_of(spark, tmp_path)


def test_a_header_alone_is_no_ratings(spark, tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n")
    with pytest.raises(ReelhouseError, match=r"ratings\.csv has no ratings"):
        release_of(spark, tmp_path)
