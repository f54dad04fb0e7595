"""Bytes that are not UTF-8 damage only the fields in which they are."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.ingest.readers import read_movies
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.reading import ratings_of

BAD = b"andr\xe9"
"""Text in ISO-8859-1."""
SHOWN = "andr\ufffd"


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz", "parts/part-1.csv", "mine.jsonl"])
def test_a_bad_byte_damages_only_its_own_row(spark, tmp_path, name):
    """A bad byte in a column that no model uses has no effect."""
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
    good = {("a", "andré", "3"), ("d", "d", "3")}
    if name.startswith("parts"):
        good.add(("é", "東", "3"))
    assert {row[:3] for row in rows if row[6] and row[4] is None} == good
    assert [row[:3] for row in rows if not row[6] and row[4] is None] == [
        (SHOWN, "Molière", "3"), ("c", SHOWN, "3"),
    ]  # fmt: skip
    torn = [row for row in rows if row[4] is not None]
    assert [(SHOWN in row[4], row[6]) for row in torn] == [(True, False)]


def test_a_bad_byte_in_parquet_is_replaced(spark, tmp_path):
    users = pa.array([b"ada", BAD]).cast(pa.string(), safe=False)
    pq.write_table(
        pa.table({"user": users, "item": [1, 2], "rating": [3, 4]}), tmp_path / "a.parquet"
    )
    rows = ratings_of(spark, tmp_path / "a.parquet")
    assert [(row[0], row[6]) for row in rows] == [("ada", True), (SHOWN, False)]


def test_a_bad_byte_in_the_ids_of_movielens_is_replaced(spark, tmp_path):
    (tmp_path / "ratings.dat").write_bytes(b"1::2::5::978300760\n" + BAD + b"::2::5::978300760\n")
    rows = ratings_of(spark, tmp_path)
    assert [(row[0], row[6]) for row in rows] == [("1", True), (SHOWN, False)]


def test_movies_in_utf8_with_one_bad_byte_are_not_read_as_latin1(spark, tmp_path):
    (tmp_path / "ratings.dat").write_text("1::1::5::978300760\n")
    titles = ["Amélie (2001)".encode(), b"Am\xe9lie (2001)", "東京物語 (1953)".encode()]
    lines = [b"%d::%b::Drama\n" % (n, title) for n, title in enumerate(titles)]
    (tmp_path / "movies.dat").write_bytes(b"".join(lines))
    movies = read_movies(spark, find_source(str(tmp_path)).file("movies")).collect()
    assert [(movie["title"], movie["is_utf8"]) for movie in movies] == [
        ("Amélie (2001)", True), ("Am\ufffdlie (2001)", False), ("東京物語 (1953)", True),
    ]  # fmt: skip
