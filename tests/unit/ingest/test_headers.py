"""Fields of text files: quotes, first lines that lack a value, and columns that lack a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelhouse.ingest.csv_layouts import BLANKS, fields_of, named_by_position
from reelhouse.ingest.samples import column_values
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import refused, write

WITH_TIME = "user_id=1, movie_id=2, rating=3, rated_at=4"


def lines(form: str, first: str) -> str:
    """Return a first line and 300 others; {u} is a user, {m} a movie, {r} a rating, {t} a time."""
    rows = (form.format(u=n * 7 % 31, m=n * 11 % 43, r=n % 5 + 1, t=10**9 + n) for n in range(300))
    return "\n".join([first, *rows, ""])


@pytest.mark.parametrize("columns", ["", WITH_TIME])
@pytest.mark.parametrize(
    "first",
    [
        *("7,120,,1100000000", "7,120,NULL,1100000000", r"7,120,\N,1100000000", "7,120,5,"),
        *(
            "7,120,5,n/a",
            "guest-1,120,5,1100000000",
            ",120,5,1100000000",
            "7,120,,",
            "guest-1,11,,",
        ),
    ],
)
def test_a_first_rating_without_a_value_is_no_header(
    tmp_path: Path, first: str, columns: str
) -> None:
    file = write(tmp_path, mine=lines("{u},{m},{r},{t}", first)) / "mine"
    ratings = find_source(str(file), columns).files[0]
    assert not ratings.has_header
    assert ratings.columns == {"user_id": "1", "movie_id": "2", "rating": "3", "rated_at": "4"}
    assert len(list(column_values(ratings, "rating"))) == 301


@pytest.mark.parametrize("first", ["u5,m6,", "u5,m6,NULL", "u5,m6,4"])
def test_a_first_rating_of_ids_that_occur_again_is_no_header(tmp_path: Path, first: str) -> None:
    file = write(tmp_path, mine=lines("u{u},m{m},{r}", first)) / "mine"
    assert not find_source(str(file), "user_id=1, movie_id=2, rating=3").files[0].has_header


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (",user,item", "{t},u{u},m{m}"),  # the row numbers of pandas have no name
        (",user,item,rating", "{t},u{u},m{m},{r}"),
        ("user,item,0", "{u},{m},{r}"),  # pandas names a count 0
        ("user,item,", "u{u},m{m},{r}"),
    ],
)
def test_a_header_may_lack_a_name(tmp_path: Path, header: str, form: str) -> None:
    file = write(tmp_path, mine=lines(form, header)) / "mine"
    ratings = find_source(str(file), "rating=").files[0]
    assert ratings.has_header
    assert (ratings.columns["user_id"], ratings.columns["movie_id"]) == ("user", "item")


def test_a_column_without_a_name_has_its_position_as_its_name(tmp_path: Path) -> None:
    """Pandas writes a table whose index has the users, and names no index."""
    file = write(tmp_path, mine=lines("{u},{m},{r}", ",movie,rating")) / "mine"
    refused(file, "columns 1, movie, rating, .* COLUMNS='user_id=1, movie_id=movie, rating=rating'")
    for columns in ("user_id=1", "user_id=1, movie_id=movie", "user_id=1, movie_id=2, rating=3"):
        ratings = find_source(str(file), columns).files[0]
        assert ratings.columns == {"user_id": "1", "movie_id": "movie", "rating": "rating"}
        assert next(column_values(ratings, "user_id")) == "0"


@pytest.mark.parametrize("header", ["\tuser\titem\trating\tnote, short\n", ""])
def test_a_tab_at_an_end_of_the_first_line_separates_an_empty_field(
    tmp_path: Path, header: str
) -> None:
    """Pandas names no index, and the last field of the first row may be empty."""
    note = "Heat, The\t" if not header else "fine"
    rows = "".join(f"{n}\t{n % 7}\t{n % 11}\t{n % 5}\t{note}\n" for n in range(99))
    file = write(tmp_path, mine=header + rows) / "mine"
    ratings = find_source(str(file), "user_id=2, movie_id=3, rating=4").files[0]
    assert (ratings.separator, ratings.has_header) == ("\t", bool(header))
    assert list(column_values(ratings, "rating")) == [str(n % 5) for n in range(99)]


@pytest.mark.parametrize("row", ["{} {} {}\t", "\t{} {} {}"])
def test_a_tab_at_an_end_of_blank_separated_lines_is_a_blank(tmp_path: Path, row: str) -> None:
    rows = "".join(row.format(n % 7, n % 11, n % 5) + "\n" for n in range(99))
    assert find_source(str(write(tmp_path, mine=rows) / "mine")).files[0].separator == BLANKS


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("user_id=1, movie_id=item, rating=3", ["who", "item", "pts"]),
        ("user_id=who, movie_id=2, rating=pts", ["who", "item", "pts"]),
        ("user_id=3, movie_id=2, rating=1", ["pts", "item", "who"]),
    ],
)
def test_each_value_of_columns_is_a_name_or_a_position(
    tmp_path: Path, columns: str, expected: list[str]
) -> None:
    file = write(tmp_path, mine="who,item,pts\n1,i1,3\n2,i2,4\n") / "mine"
    assert list(find_source(str(file), columns).files[0].columns.values()) == expected
    refused(file, "COLUMNS names '4', but .* has the columns who, item, pts", "user_id=4")


def test_numbers_are_no_positions_beside_a_number_that_is_a_name() -> None:
    names = ["user", "0", "1"]
    assert named_by_position(names, {"user_id": "user", "movie_id": "2"})["movie_id"] == "0"
    mapping = {"user_id": "user", "movie_id": "1", "rating": "2"}
    assert named_by_position(names, mapping) == mapping
    assert named_by_position(["", "1"], {"user_id": "1"}) == {"user_id": "1"}


@pytest.mark.parametrize("name", ["points, 1-5", "a user_id=b"])
def test_a_column_that_columns_cannot_name_is_suggested_by_its_position(
    tmp_path: Path, name: str
) -> None:
    rows = "".join(f"{n % 7},{n % 11},{n % 5}\n" for n in range(99))
    file = write(tmp_path, **{"mine.csv": f'user,item,"{name}"\n{rows}'}) / "mine.csv"
    refused(file, f"If {name} has ratings, write COLUMNS='rating=3'; .* COLUMNS='strength=3'")
    assert find_source(str(file), "rating=3").files[0].columns["rating"] == name
    file = write(tmp_path, **{"mine.csv": f'who,"{name}",rating\n{rows}'}) / "mine.csv"
    refused(file, "COLUMNS='user_id=who, movie_id=2, rating=rating'")
    assert find_source(str(file), "user_id=who, movie_id=2").files[0].columns["movie_id"] == name


@pytest.mark.parametrize("separator", [" ", "   ", "::", ",", "\t"])
def test_quotes_around_fields_are_no_part_of_the_values(tmp_path: Path, separator: str) -> None:
    """R's write.table quotes all texts."""
    rows = [("user", "the item", "rating"), ("u1", "m 1", "5"), ("u2", "m::2", "4")]
    content = "".join(separator.join(f'"{field}"' for field in row) + "\n" for row in rows)
    file = write(tmp_path, mine=content + separator.join(["u3", "m3", '"1"']) + "\n") / "mine"
    ratings = find_source(str(file), "movie_id=the item, rating=rating").files[0]
    assert ratings.columns == {"user_id": "user", "movie_id": "the item", "rating": "rating"}
    assert list(column_values(ratings, "user_id")) == ["u1", "u2", "u3"]
    assert list(column_values(ratings, "movie_id")) == ["m 1", "m::2", "m3"]
    assert list(column_values(ratings, "rating")) == ["5", "4", "1"]


@pytest.mark.parametrize("line", ['"u1 m1 5', 'u"1" m1 5', 'u1 "m"1 5'])
def test_quotes_within_a_blank_separated_field_are_a_part_of_it(line: str) -> None:
    assert fields_of(line, BLANKS) == line.split()
