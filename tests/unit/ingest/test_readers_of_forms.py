"""Text files without a header, with double colons, and with blanks between the columns."""

from __future__ import annotations

import gzip

import pytest

from tests.unit.ingest.reading import ratings_of


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", " ", "   ", "::"])
@pytest.mark.parametrize("header", ["", "user{0}item{0}rating\r\n"])
def test_the_first_line_is_a_rating_unless_it_is_a_header(spark, tmp_path, separator, header):
    rows = [("a", "x", "3"), ("b", "y", "4.5"), ("a", "y", "1")]
    lines = "".join(separator.join(row) + "\r\n" for row in rows)
    (tmp_path / "mine").write_bytes(b"\xef\xbb\xbf" + (header.format(separator) + lines).encode())
    read = ratings_of(spark, tmp_path / "mine", "" if header else "user_id=1, movie_id=2, rating=3")
    assert [row[:5] for row in read] == [(*row, None, None) for row in rows]


@pytest.mark.parametrize("separator", [" ", "   ", "::", ","])
def test_quotes_around_fields_are_removed(spark, tmp_path, separator):
    rows = [("user", "item", "rating"), ("u1", "m 1", "5"), ("u2", "m::2", "4.5")]
    lines = [separator.join(f'"{field}"' for field in row) for row in rows]
    (tmp_path / "mine").write_text("\n".join([*lines, separator.join(["u3", 'm"3', '"1"']), ""]))
    read = ratings_of(spark, tmp_path / "mine")
    assert [row[:5] for row in read] == [
        ("u1", "m 1", "5", None, None), ("u2", "m::2", "4.5", None, None),
        ("u3", 'm"3', "1", None, None),
    ]  # fmt: skip


def test_a_column_without_a_name_is_read_by_its_position(spark, tmp_path):
    (tmp_path / "mine").write_text("\tmovie\trating\tnote, short\nu1\tm1\t3\t\nu2\tm2\t4\tx\n")
    read = ratings_of(spark, tmp_path / "mine", "user_id=1")
    assert [row[:5] for row in read] == [
        ("u1", "m1", "3", None, None), ("u2", "m2", "4", None, None)
    ]  # fmt: skip


def test_parts_of_json_lines_may_lack_names(spark, tmp_path):
    (tmp_path / "part-0.json").write_text('{"user": 1, "item": 2}\n')
    (tmp_path / "part-1.json").write_text('{"user": 2, "item": 3, "rating": 4}\n')
    read = ratings_of(spark, tmp_path)
    assert sorted(row[:3] for row in read) == [("1", "2", None), ("2", "3", "4")]


def test_columns_go_by_position(spark, tmp_path):
    with gzip.open(tmp_path / "mine.gz", "wt") as file:
        file.write("5 978300760 u1 m1\n4 978300761 u2 m2\n")
    columns = "user_id=3, movie_id=4, rating=1, rated_at=2"
    assert ratings_of(spark, tmp_path / "mine.gz", columns)[1][:5] == (
        "u2", "m2", "4", "978300761", None
    )  # fmt: skip


def test_every_part_without_a_header_is_read_from_its_first_line(spark, tmp_path):
    for part in ("0", "1"):
        (tmp_path / "parts").mkdir(exist_ok=True)
        (tmp_path / "parts" / f"part-{part}").write_text(f"u{part} a 3\nu{part} b 4\n")
    rows = ratings_of(spark, tmp_path / "parts", "user_id=1, movie_id=2, rating=3")
    assert sorted(row[:3] for row in rows) == [
        ("u0", "a", "3"), ("u0", "b", "4"), ("u1", "a", "3"), ("u1", "b", "4")
    ]  # fmt: skip


@pytest.mark.parametrize("separator", [" ", "::"])
def test_a_line_of_another_number_of_fields_is_kept_whole(spark, tmp_path, separator):
    rows = [["1", "2", "3"], ["1", "4"], ["2", "2", "3", "4"], ["2", "5", "4"], ["3", "6", "1"]]
    rows += [["é\udce9", "2", "3"], ["4", "6", "1"]]
    lines = [separator.join(row) for row in rows]
    content = "\n".join([*lines[:3], "", *lines[3:], ""])
    (tmp_path / "mine").write_bytes(content.encode(errors="surrogateescape"))
    read = ratings_of(spark, tmp_path / "mine", "user_id=1, movie_id=2, rating=3")
    assert [row[4] for row in read] == [None, lines[1], lines[2], *[None] * 4]
    assert [row[:3] for row in read if row[4] is None and row[6]] == [
        ("1", "2", "3"), ("2", "5", "4"), ("3", "6", "1"), ("4", "6", "1")
    ]  # fmt: skip
    assert [row[0] for row in read if not row[6]] == ["é\ufffd"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_line_breaks_within_quotes_are_a_part_of_the_field(spark, tmp_path, encoding):
    rows = 'u1,a,4,"Café,\r\n\r\nand ""more"""\r\nu2,b,5,fine\r\nu3,c\r\n' + "u4,d,3,x\r\n" * 200
    content = f"user,item,rating,text\r\n{rows}"
    (tmp_path / "mine.csv").write_bytes(content.encode(encoding))
    read = ratings_of(spark, tmp_path / "mine.csv")
    assert [row[:3] for row in read[:2]] == [("u1", "a", "4"), ("u2", "b", "5")]
    assert read[2][4].strip() == "u3,c"
    assert all(row[:5] == ("u4", "d", "3", None, None) for row in read[3:])
    assert len(read) == 203


def test_ids_of_latin1_in_a_first_line_without_a_header_are_marked(spark, tmp_path):
    (tmp_path / "mine").write_bytes("1,Café,3,é\n2,x,4,é\n2,y,4,é\n".encode("latin-1"))
    read = ratings_of(spark, tmp_path / "mine", "user_id=1, movie_id=2, rating=3")
    assert [(row[1], row[6]) for row in read] == [("Caf\ufffd", False), ("x", True), ("y", True)]
