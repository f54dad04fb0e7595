"""MovieLens files without headers, and files of other data sets with the same names."""

from __future__ import annotations

import pytest

from reelhouse.ingest.readers import read_links, read_movies, read_tags, read_users
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.reading import ratings_of


def test_every_line_is_a_row_even_if_it_is_malformed(spark, tmp_path):
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
        ("3", "1\t5", None, None, '3\t"1\t5', "u.data", True),
        ("4", "1", "5", "881250949", "4\t1\t5\t881250949\textra", "u.data", True),
        ("5", "1", "3", "881250949", wide.decode(), "u.data", True),
        ("6", "1", "5", "881250949", None, "u.data", True),
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


def test_tags_and_links_are_read(spark, tmp_path):
    (tmp_path / "ratings.dat").write_text("1::1193::5::978300760\n")
    (tmp_path / "tags.dat").write_text("15::4973::excellent!::1215184630\n1::2::a::b::3\n")
    tags = read_tags(spark, find_source(str(tmp_path)).file("tags")).collect()
    assert [tuple(row) for row in tags] == [
        ("4973", "excellent!", None, "tags.dat", True),
        (None, None, "1::2::a::b::3", "tags.dat", True),
    ]
    (tmp_path / "ratings.dat").unlink()
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3,978300760\n")
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,\n")
    (tmp_path / "tags.csv").write_text('userId,movieId,tag,timestamp\n2,6,"funny, dark",1\n')
    source = find_source(str(tmp_path))
    links = [tuple(row)[:3] for row in read_links(spark, source.file("links")).collect()]
    assert links == [("1", "0114709", "862"), ("2", "0113497", None)]
    tags = [tuple(row)[:2] for row in read_tags(spark, source.file("tags")).collect()]
    assert tags == [("6", "funny, dark")]
    assert read_links(spark, None).collect() == read_tags(spark, None).collect() == []


def test_users_and_movies_of_another_layout_are_malformed(spark, tmp_path):
    """MovieTweetings, for example, has Twitter ids in the second field of users.dat."""
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


@pytest.mark.parametrize(
    ("ratings", "users", "lines"),
    [
        ("u.data", "u.user", ["1|30|F|writer|02139", "2|40|M", "3|50|F|artist|94110|more", ""]),
        ("ratings.dat", "users.dat", ["1::F::1::10::48067", "2::M", "3::F::1::10::0::1", ""]),
    ],
)
def test_a_user_of_another_number_of_fields_is_malformed(spark, tmp_path, ratings, users, lines):
    separator = "\t" if ratings == "u.data" else "::"
    (tmp_path / ratings).write_text(separator.join(["1", "1", "5", "881250949"]) + "\n")
    (tmp_path / users).write_text("\n".join(lines) + "\n")
    rows = read_users(spark, find_source(str(tmp_path)).file("users")).collect()
    # A blank line has no id, and another rule rejects it.
    assert [row["malformed_line"] for row in rows] == [None, *lines[1:3], None]
