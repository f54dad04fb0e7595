"""Columns of ratings: usual names, names in COLUMNS, and headers that are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import CSV, refused, write


@pytest.mark.parametrize(
    ("name", "content", "separator"),
    [
        ("mine.tsv", "User\tItem\tStars\tDate\n", "\t"),
        ("mine.csv", "user_id;product_id;score;created_at\n", ";"),
        ("mine.txt", "\ufeffcustomer|asin|overall\n", "|"),
    ],
)
def test_usual_names_need_no_mapping(
    tmp_path: Path, name: str, content: str, separator: str
) -> None:
    ratings = find_source(str(write(tmp_path, **{name: content}) / name)).files[0]
    assert (ratings.format, ratings.separator) == ("text", separator)
    assert list(ratings.columns)[:3] == ["user_id", "movie_id", "rating"]
    assert "\ufeff" not in "".join(ratings.columns.values())


def test_columns_may_have_any_name_with_a_mapping(tmp_path: Path) -> None:
    file = write(tmp_path, **{"mine.csv": "who,what,how much,when,rating\n"}) / "mine.csv"
    source = find_source(str(file), "user_id=who, movie_id=what, rating=how much, rated_at=when")
    assert source.files[0].columns == {
        "user_id": "who", "movie_id": "what", "rating": "how much", "rated_at": "when"
    }  # fmt: skip
    assert source.scale is None


def test_an_empty_name_leaves_the_times_out(tmp_path: Path) -> None:
    file = write(tmp_path, **{"mine.csv": "user,item,rating,timestamp\n"}) / "mine.csv"
    assert "rated_at" in find_source(str(file)).files[0].columns
    assert "rated_at" not in find_source(str(file), "rated_at=").files[0].columns


def test_parquet_and_json_lines_are_read_by_their_names(tmp_path: Path) -> None:
    pq.write_table(pa.table({"uid": [1], "iid": [2], "rating": [3.0]}), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text('{"user": "a", "item": "b", "stars": 4, "x": {}}\n')
    assert find_source(str(tmp_path / "a.parquet")).files[0].columns["user_id"] == "uid"
    assert find_source(str(tmp_path / "a.jsonl")).files[0].columns["rating"] == "stars"


def test_the_first_objects_of_json_lines_may_lack_values(tmp_path: Path) -> None:
    """Spark leaves out null values, so the names of the first objects are not all names."""
    events = "".join(f'{{"user": {n % 7}, "item": {n % 11}}}\n' for n in range(300))
    rated = "".join(
        f'{{"user": {n % 7}, "item": {n % 11}, "VALUE": {n % 5}, "when": "200{n % 9}-04-02"}}\n'
        for n in range(6000)
    )
    file = write(tmp_path, mine=events + rated.replace("VALUE", "rating")) / "mine"
    columns = {"user_id": "user", "movie_id": "item", "rating": "rating", "rated_at": "when"}
    assert find_source(str(file)).files[0].columns == columns
    file = write(tmp_path, mine=events + rated.replace("VALUE", "points")) / "mine"
    refused(file, "If points has ratings, write COLUMNS='rating=points'")
    file = write(tmp_path, mine="{}\n" + rated.replace("VALUE", "rating")) / "mine"
    assert find_source(str(file)).files[0].columns == columns


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        ("\n" + CSV, "starts with a blank line"),
        ("nothing\n", "has no columns, since its first line is 'nothing': separate"),
        ("userId,rating,timestamp\n", r"has the columns userId, rating, timestamp.*movie_id"),
        ("userId,userId,movieId,rating\n", "'userId' appears twice"),
        (CSV.encode("utf-16"), r"is UTF-16: .*iconv"),
        (CSV.encode("utf-32"), r"is UTF-32: .*iconv -f UTF-32"),
        (b"\0\0\xfe\xff" + CSV.encode("utf-32-be"), r"is UTF-32: .*iconv"),
        ("sep=;\n" + CSV.replace(",", ";"), "first line 'sep=;', which only Excel .* remove this"),
        (CSV.encode("utf-16-le"), "does not start with a line of text"),
        (b"\x00\x01\x02\x03\n", "does not start with a line of text"),
        ("é,movieId,rating\n".encode("latin-1"), "not UTF-8"),
        ("a" * (2 << 20), "does not start with a line of text"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(
    tmp_path: Path, content: str | bytes, what: str
) -> None:
    refused(write(tmp_path, **{"ratings.csv": content}) / "ratings.csv", what)


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ("user_id=nobody", r"COLUMNS names 'nobody', but .* has the columns userId, movieId"),
        ("user=userId", "COLUMNS has 'user=userId': write user_id=userId$"),
        ("Item_ID=movieId", "write movie_id=movieId$"),
        ("client=userId", "write the file's name of each column once"),
        ("user_id", "write the file's name of each column once"),
        ("user_id=", "write the file's name of each column once"),
        ("user_id=userId, user_id=movieId", "each column once"),
        ("userId=user_id", "write user_id=userId, our name first"),
        ("user_id=userId movie_id=movieId", "commas .*: write 'user_id=userId, movie_id=movieId'$"),
        ("user_id=userId; rated_at =", "commas .*: write 'user_id=userId, rated_at ='$"),
        ("user_id=userId, movie_id=userId", "one column two meanings"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, columns: str, what: str) -> None:
    refused(write(tmp_path, **{"ratings.csv": CSV}) / "ratings.csv", what, columns)


def test_a_number_is_a_name_if_columns_or_the_other_names_show_it(tmp_path: Path) -> None:
    """Pandas names columns 0, 1, 2 by default."""
    folder = write(tmp_path, **{"a.csv": ",0,1,2\n", "b.csv": "user,item,rating,0\n"})
    ratings = find_source(str(folder / "a.csv"), "user_id=0, movie_id=2, rating=1").files[0]
    assert ratings.columns == {"user_id": "0", "movie_id": "2", "rating": "1"}
    assert ratings.has_header
    assert find_source(str(folder / "b.csv")).files[0].columns["user_id"] == "user"
    refused(folder / "a.csv", "COLUMNS names '3', but .* columns , 0, 1, 2", "user_id=0,movie_id=3")
    refused(folder / "a.csv", "COLUMNS names '7'", "user_id=7, movie_id=8, rating=9")
    refused(folder / "a.csv", "if these are names, .* COLUMNS='user_id=0, .* a rating, .*user_id=1")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_two_columns_with_the_same_usual_name_are_refused(tmp_path: Path, suffix: str) -> None:
    rows = [{"userId": n % 7, "user_id": n % 9, "item": n % 11, "rating": n % 5} for n in range(99)]
    lines = [",".join(map(str, row)) for row in (rows[0], *(row.values() for row in rows))]
    content = "\n".join(lines if suffix == "csv" else map(json.dumps, rows))
    file = write(tmp_path, **{f"mine.{suffix}": content}) / f"mine.{suffix}"
    what = (
        "userId and user_id may both be the user_id: write COLUMNS='user_id=userId, rating=.*' or"
    )
    refused(file, what, "rating=rating")
    for name in ("userId", "user_id"):
        found = find_source(str(file), f"user_id={name}").files[0].columns["user_id"]
        assert found == name


def test_the_message_shows_the_columns_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, **{"a.csv": "when,who,what,how much\n978300760,u1,m1,3\n"}) / "a.csv"
    columns = "user_id=who, movie_id=what, rating=how much, rated_at=when"
    refused(file, f"none is recognised as the user_id .*: name them, .* COLUMNS='{columns}'")
    refused(file, r"COLUMNS='user_id=who, movie_id=how much, .*'", "movie_id=how much")
    refused(file, "COLUMNS='user_id=when, movie_id=who, rating=what,", "rating=what, rated_at=")


def test_the_message_repeats_the_columns_that_were_named(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 4},{n % 3},soon\n" for n in range(20))
    file = write(tmp_path, **{"a.csv": "client,article,points,bought\n" + rows}) / "a.csv"
    named = "user_id=client, movie_id=article"
    as_typed = "movie_id=article,user_id=client"
    for ours in ("rating=points", "strength=points", "rating="):
        refused(file, f"as the rating.* COLUMNS='{named}, {ours}'", as_typed)
    refused(
        file,
        f"COLUMNS='{named}, rating=points, rated_at=' builds a lake without times",
        f"{named}, rating=points, rated_at=bought",
    )
    refused(file, f"another column in COLUMNS='{named}, rating=…'", f"{named}, rating=bought")


@pytest.mark.parametrize(
    ("numbers", "ours"),
    [
        (["3,5", "4", "2,5"], "rating"),
        (["85%", "70 %", "100%"], "rating"),
        (["4/5", "3/5", "5/5"], "rating"),
        (["1,234", "950", "12,000"], "strength"),
        (["1.234.567", "950", "12.000,5"], "strength"),
    ],
)
def test_the_message_shows_a_column_of_numbers_in_another_form(
    tmp_path: Path, numbers: list[str], ours: str
) -> None:
    rows = "".join(f"k{n % 7};a{n};{numbers[n % 3]};2024-01-{n}\n" for n in range(10, 30))
    file = write(tmp_path, **{"a.csv": "Kunde;Artikel;Note;Datum\n" + rows}) / "a.csv"
    columns = f"user_id=Kunde, movie_id=Artikel, {ours}=Note, rated_at=Datum"
    refused(file, f"COLUMNS='{columns}'")
    if ours == "rating":
        refused(file, "has ratings such as ", columns)
