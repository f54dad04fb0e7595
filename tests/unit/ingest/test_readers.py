"""The readers make one row of the raw table for each line, in every format."""

from __future__ import annotations

import datetime
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.raw_files import file_with_role, list_raw_files
from reelhouse.ingest.readers import read_movies, read_ratings, read_users
from reelhouse.ingest.sources import find_source


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
        ("1", "1", "5", "881250949", None, "u.data", True),
        ("\x002", "1", "5", "881250949", None, "u.data", True),
        (None, None, None, None, '3\t"1\t5', "u.data", True),
        (None, None, None, None, "4\t1\t5\t881250949\textra", "u.data", True),
        (None, None, None, None, wide.decode(), "u.data", True),
        (None, None, None, None, None, "u.data", True),
        ("6", "1", "5", "881250949", None, "u.data", True),
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


def test_packed_csv_and_parts_are_read(spark, tmp_path):
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
# Texts that look like the end of one object and the start of another.
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


def test_times_in_nanoseconds_are_read(spark, tmp_path):
    """As pandas writes them."""
    at = pa.array([datetime.datetime(2005, 4, 2, 23, 53, 47)], pa.timestamp("ns"))
    table = pa.table({"user": [1], "item": [2], "rating": [3], "ts": at})
    pq.write_table(table, tmp_path / "mine.parquet")
    assert float(ratings_of(spark, tmp_path / "mine.parquet")[0][3]) == 1112486027


BAD = b"andr\xe9"
"""Text in ISO-8859-1, and the text that the tables show."""
SHOWN = "andr\ufffd"


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz", "parts/part-1.csv", "mine.jsonl"])
def test_a_bad_byte_damages_its_own_row_alone(spark, tmp_path, name):
    """A bad byte in a column that is not read does not even damage its row."""
    rows = [["andré".encode(), b"a"], [b"Moli\xc3\xa8re", BAD], [BAD, b"c"], [b"d", b"d", BAD]]
    if name.endswith("jsonl"):
        lines = [b'{"item":"%b","rating":3,"user":"%b"}' % (r[0], r[1]) for r in rows[:3]]
        lines += [b'{"item":"d","rating":3,"user":"d","note":"%b"}' % BAD, b'{"user":"%b"' % BAD]
    else:
        lines = [b"item,user,rating,note"] + [b"%b,%b,3,%b" % (*r, *[b""] * (3 - len(r)))
                                              for r in rows] + [b"%b,2" % BAD]  # fmt: skip
    content = b"\n".join(lines) + b"\n"
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    if name.startswith("parts"):
        (file.parent / "part-2.csv").write_text("item,user,rating,note\n東,é,3,\n")
        file = file.parent
    rows = ratings_of(spark, file)
    assert {row[:3] for row in rows if row[6]} >= {("a", "andré", "3"), ("d", "d", "3")}
    assert [row[:3] for row in rows if not row[6] and row[4] is None] == [
        (SHOWN, "Molière", "3"), ("c", SHOWN, "3"),
    ]  # fmt: skip
    torn = [row for row in rows if row[4] is not None]
    assert [(SHOWN in row[4], row[6]) for row in torn] == [(True, False)]
    assert ("é", "東", "3") in {row[:3] for row in rows} or not name.startswith("parts")


def test_a_bad_byte_in_parquet_is_no_text_either(spark, tmp_path):
    users = pa.array([b"ada", BAD]).cast(pa.string(), safe=False)
    pq.write_table(
        pa.table({"user": users, "item": [1, 2], "rating": [3, 4]}), tmp_path / "a.parquet"
    )
    rows = ratings_of(spark, tmp_path / "a.parquet")
    assert [(row[0], row[6]) for row in rows] == [("ada", True), (SHOWN, False)]


def test_the_bytes_of_ratings_of_movielens_are_ids(spark, tmp_path):
    (tmp_path / "ratings.dat").write_bytes(b"1::2::5::978300760\n" + BAD + b"::2::5::978300760\n")
    rows = ratings_of(spark, tmp_path)
    assert [(row[0], row[6]) for row in rows] == [("1", True), (SHOWN, False)]


def test_one_bad_byte_does_not_turn_movies_of_utf8_into_latin1(spark, tmp_path):
    (tmp_path / "ratings.dat").write_text("1::1::5::978300760\n")
    titles = ["Amélie (2001)".encode(), b"Am\xe9lie (2001)", "東京物語 (1953)".encode()]
    lines = [b"%d::%b::Drama\n" % (n, title) for n, title in enumerate(titles)]
    (tmp_path / "movies.dat").write_bytes(b"".join(lines))
    movies = read_movies(spark, find_source(str(tmp_path)).file("movies")).collect()
    assert [(movie["title"], movie["is_utf8"]) for movie in movies] == [
        ("Amélie (2001)", True), ("Am\ufffdlie (2001)", False), ("東京物語 (1953)", True),
    ]  # fmt: skip


PARTITIONED = [
    # user, movie, rating, note; a zero in front, what a path escapes, nothing, and letters
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
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,0\n")
    lines = f'movieId,title,genres\n1,"{title}",Comedy|Romance\n2,"The ""B"", again",\n'
    (tmp_path / "movies.csv").write_text(lines)
    source = find_source(str(tmp_path))
    rows = [tuple(row) for row in read_movies(spark, source.file("movies")).collect()]
    assert rows == [
        ("1", title, "Comedy|Romance", None, "movies.csv", True),
        ("2", 'The "B", again', None, None, "movies.csv", True),
    ]


def test_movielens_1m_is_read_with_its_codes(spark, tmp_path):
    (tmp_path / "ratings.dat").write_text("1::1193::5::978300760\n")
    (tmp_path / "movies.dat").write_bytes("1193::Misérables, Les (1995)::Drama\n".encode("latin-1"))
    (tmp_path / "users.dat").write_text("1::F::1::10::48067\n2::M::56::99::70072\n")
    source = find_source(str(tmp_path))
    assert ratings_of(spark, tmp_path)[0][:4] == ("1", "1193", "5", "978300760")
    movie = read_movies(spark, source.file("movies")).first()
    assert tuple(movie) == ("1193", "Misérables, Les (1995)", "Drama", None, "movies.dat", True)
    users = [tuple(row)[:5] for row in read_users(spark, source.file("users")).collect()]
    assert users == [("1", "1", "F", "K-12 student", "48067"), ("2", "56", "M", "99", "70072")]


def test_users_and_movies_of_another_form_are_malformed_and_land_in_no_column(spark, tmp_path):
    """MovieTweetings's users.dat has the id of the user on Twitter in its second field."""
    (tmp_path / "ratings.dat").write_text("1::1::8::978300760\n")
    (tmp_path / "users.dat").write_text(
        "1::139564917\n2::F::1::10::48067::more\n3::F::1::10::48067\n"
    )
    (tmp_path / "movies.dat").write_text(
        "1::Heat (1995)::Drama::more\n2::Ran (1985)\n3::M (1931)::\n"
    )
    source = find_source(str(tmp_path))
    users = read_users(spark, source.file("users")).collect()
    assert [user["malformed_line"] for user in users] == [
        "1::139564917", "2::F::1::10::48067::more", None,
    ]  # fmt: skip
    assert {tuple(user)[:5] for user in users[:2]} == {(None,) * 5}
    movies = read_movies(spark, source.file("movies")).collect()
    assert [tuple(movie)[:4] for movie in movies] == [
        (None, None, None, "1::Heat (1995)::Drama::more"),
        (None, None, None, "2::Ran (1985)"),
        ("3", "M (1931)", None, None),
    ]


def test_numbers_in_a_header_are_names_when_columns_says_so(spark, tmp_path):
    (tmp_path / "mine.csv").write_text(",0,1,2\n0,7,8,3.5\n1,8,9,4\n")
    rows = ratings_of(spark, tmp_path / "mine.csv", "user_id=0, movie_id=1, rating=2")
    assert [row[:5] for row in rows] == [("7", "8", "3.5", None, None), ("8", "9", "4", None, None)]


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
    # A blank line has no id, and another rule rejects it.
    assert [row["malformed_line"] for row in rows] == [None, *lines[1:3], None]


def test_ratings_can_be_read_without_their_times(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating,time\n1,1,3,9\n2,2,4,9\n")
    row = release_of(spark, tmp_path / "mine.csv", "rated_at=").first()
    assert (row["has_times"], row["mapping"]) == (False, "rated_at=")
    assert ratings_of(spark, tmp_path / "mine.csv", "rated_at=")[0][:4] == ("1", "1", "3", None)


def test_without_movies_and_users_their_tables_are_empty(spark):
    assert read_movies(spark, None).collect() == []
    assert read_users(spark, None).columns == [
        *("user_id", "age", "gender", "occupation", "zip_code"),
        *("malformed_line", "file", "is_utf8"),
    ]  # fmt: skip


def release_of(spark, data, columns=""):
    return list_raw_files(spark, data=str(data), columns=columns, table="no_such_table")


def test_a_release_says_what_its_ratings_are_like(spark, tmp_path):
    (tmp_path / "mine.csv").write_text("user,item,rating\nada,1,3\nbob,2,4\n3,3,5\n")
    release = release_of(spark, tmp_path / "mine.csv")
    row = release.first()
    assert (row["has_times"], row["rating_min"]) == (False, None)
    assert file_with_role(release, "ratings") == find_source(str(tmp_path / "mine.csv")).files[0]
    assert file_with_role(release, "movies") is None


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


def test_a_lake_keeps_its_data_set_when_users_or_raw_release_is_lost(spark, tmp_path):
    def make(table, columns):
        place = (tmp_path / table).as_uri()
        spark.sql(f"create table {table} using parquet location '{place}' as select {columns}")

    def read(data=""):
        list_raw_files(spark, data=data, columns="", table="default.raw_release")

    try:
        make("raw_release", f"'{tmp_path}/lost.csv' as data, '' as mapping")
        make("recommendations", "1 as user_id")
        with pytest.raises(ReelhouseError, match=r"there is no .*lost\.csv"):
            read()
        spark.sql("drop table raw_release")
        with pytest.raises(ReelhouseError, match=r"has no table raw_release\. Name them again"):
            read()
        with pytest.raises(ReelhouseError, match=r"there is no .*mine\.csv"):
            read(f"{tmp_path}/mine.csv")
    finally:
        for table in ("raw_release", "recommendations"):
            spark.sql(f"drop table if exists {table}")
