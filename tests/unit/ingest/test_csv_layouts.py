"""Text files without a header, and with any ending: layouts that are recognised or refused."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from reelhouse.ingest.samples import column_values
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import refused, write

USUAL = "user_id=1, movie_id=2, rating=3"
WITH_TIME = f"{USUAL}, rated_at=4"


def lines(separator: str, *fields: Callable[[int], object], end: str = "\n") -> str:
    """Return 300 lines; each function gives a field of the line with a number."""
    rows = (separator.join(str(field(number)) for field in fields) for number in range(1, 301))
    return end.join([*rows, ""])


def user(n: int) -> int:
    return n * 7 % 31


def movie(n: int) -> int:
    return n * 11 % 43


def stars(n: int) -> int:
    return 1 + n % 5


def seconds(n: int) -> int:
    return 978300760 + n


@pytest.mark.parametrize(
    ("name", "content", "separator", "guess"),
    [
        ("a.csv", lines(",", user, movie, stars, seconds), ",", WITH_TIME),
        ("a.tsv", lines("\t", user, movie, stars), "\t", USUAL),
        ("a.dat", lines("\t", user, movie, stars, seconds, end="\r\n"), "\t", WITH_TIME),
        ("a", lines(";", user, movie, stars), ";", USUAL),
        ("a.data", lines("|", user, movie, stars), "|", USUAL),
        ("a.txt", lines(" ", user, movie, stars, end="\r\n"), " ", USUAL),
        ("a.base", lines("   ", user, movie, stars), " ", USUAL),
        ("a.anything", lines("::", user, movie, lambda n: n % 11, seconds), "::", WITH_TIME),
        ("text.csv", lines(",", "u{}".format, '"a, {}"'.format, stars), ",", USUAL),
        ("marked.csv", "\ufeff" + lines(",", user, movie, stars), ",", USUAL),
        (
            "dates.csv",
            lines(",", user, movie, stars, lambda n: "8/23/2012 9:30 PM"),
            ",",
            WITH_TIME,
        ),
        ("iso.csv", lines(",", user, movie, stars, lambda n: "2012-08-03"), ",", WITH_TIME),
        ("decimals", lines(" ", user, movie, lambda n: n / 7), " ", USUAL),  # 300 ratings
        ("sorted.csv", lines(",", lambda n: n // 100, movie, stars), ",", USUAL),  # four users
    ],
)
def test_a_file_of_ratings_needs_no_header(
    tmp_path: Path, name: str, content: str, separator: str, guess: str
) -> None:
    source = find_source(str(write(tmp_path, **{name: content}) / name))
    (file,) = source.files
    assert (file.format, file.separator, file.has_header) == ("text", separator, False)
    assert source.guess == guess
    assert ", ".join(f"{ours}={theirs}" for ours, theirs in file.columns.items()) == guess
    assert source.scale is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (lines(",", stars, movie, user), rf"COLUMNS='{USUAL}'"),
        (lines(",", user, stars, movie), rf"COLUMNS='{USUAL}'"),
        (lines(",", user, movie, seconds, stars), "user_id=1, movie_id=2, rating=4, rated_at=3"),
        (lines(",", user, movie, movie, seconds, stars), "movie_id=2, rating=5, rated_at=4"),
        (lines(",", user, movie, stars, seconds, user), rf"COLUMNS='{WITH_TIME}'"),
        (lines(",", user, movie, stars, user), rf"COLUMNS='{USUAL}'"),
        (lines(",", user, movie, lambda n: n * 37), "COLUMNS='user_id=1, movie_id=2, strength=3'"),
        (lines(",", user, movie, lambda n: n * 0.5), "COLUMNS='user_id=1, movie_id=2, strength=3'"),
        (lines(",", user, movie), "COLUMNS='user_id=1, movie_id=2'"),
    ],
)
def test_columns_that_cannot_be_guessed_safely_are_shown(
    tmp_path: Path, content: str, what: str
) -> None:
    file = write(tmp_path, mine=content) / "mine"
    refused(file, rf"has no header, since its first line is '.*guessed safely: .*DATA=.*{what}")


def test_positions_name_the_columns(tmp_path: Path) -> None:
    file = write(tmp_path, mine=lines(" ", stars, seconds, user, movie)) / "mine"
    columns = "user_id=3, movie_id=4, rating=1"
    source = find_source(str(file), f"{columns}, rated_at=2")
    assert source.files[0].columns == {
        "user_id": "3", "movie_id": "4", "rating": "1", "rated_at": "2"
    }  # fmt: skip
    assert source.guess == ""
    assert "rated_at" not in find_source(str(file), columns).files[0].columns
    refused(file, "COLUMNS names '5', but .* has the columns 1, 2, 3, 4", f"{columns}, rated_at=5")
    refused(file, "COLUMNS names 'user', but", "user_id=user, movie_id=4, rating=1")


def test_times_can_be_left_out_of_a_guess(tmp_path: Path) -> None:
    file = write(tmp_path, mine=lines(",", user, movie, stars, seconds)) / "mine"
    source = find_source(str(file), "rated_at=")
    assert source.guess == USUAL
    assert "rated_at" not in source.files[0].columns


def test_a_first_rating_of_the_numbers_in_columns_is_a_rating(tmp_path: Path) -> None:
    content = "1,2,3\n" + lines(",", user, movie, stars)
    file = write(tmp_path, mine=content) / "mine"
    assert not find_source(str(file), USUAL).files[0].has_header


def test_numbers_from_0_are_names_if_columns_has_them(tmp_path: Path) -> None:
    content = "0,1,2,3\n" + lines(",", user, movie, stars, seconds)
    file = write(tmp_path, mine=content) / "mine"
    names = find_source(str(file), "user_id=0, movie_id=1, rating=2")
    assert names.files[0].has_header
    positions = find_source(str(file), "user_id=1, movie_id=2, rating=3, rated_at=4")
    assert not positions.files[0].has_header
    refused(file, "has the first line '0,1,2,3': if these are names, .* if they are a rating")


def test_a_first_line_above_texts_is_a_header(tmp_path: Path) -> None:
    content = "user,item,word\n" + lines(",", "u{}".format, "i{}".format, lambda n: "good")
    assert find_source(str(write(tmp_path, mine=content) / "mine")).files[0].has_header


def test_a_first_line_of_texts_that_occur_again_is_no_header(tmp_path: Path) -> None:
    content = lines(",", lambda n: f"u{user(n)}", lambda n: f"i{movie(n)}")
    file = write(tmp_path, mine=content) / "mine"
    assert not find_source(str(file), "user_id=1, movie_id=2").files[0].has_header


def test_positions_of_a_header_are_columns_too(tmp_path: Path) -> None:
    content = "who;what;points\n" + lines(";", user, movie, stars)
    ratings = find_source(str(write(tmp_path, mine=content) / "mine"), USUAL).files[0]
    assert ratings.has_header
    assert ratings.columns == {"user_id": "who", "movie_id": "what", "rating": "points"}


@pytest.mark.parametrize("separator", ["\t", "::", " "])
def test_a_header_may_have_any_separator_and_the_file_any_ending(
    tmp_path: Path, separator: str
) -> None:
    content = (
        separator.join(["user", "item", "rating"]) + "\n" + lines(separator, user, movie, stars)
    )
    for name in ("mine.dat", "mine.csv", "mine"):
        ratings = find_source(str(write(tmp_path, **{name: content}) / name)).files[0]
        assert (ratings.separator, ratings.has_header) == (separator, True)


def test_json_lines_and_parquet_may_have_any_ending(tmp_path: Path) -> None:
    write(tmp_path, **{"a.txt": '{"user": 1, "item": 2, "stars": 3}\n', "b.dat": b"PAR1"})
    assert find_source(str(tmp_path / "a.txt")).files[0].format == "json"
    refused(tmp_path / "b.dat", "is not a Parquet file")


@pytest.mark.parametrize("suffix", ["gz", "bz2"])
def test_a_compressed_file_needs_no_header(tmp_path: Path, suffix: str) -> None:
    pack = {"gz": gzip.compress, "bz2": bz2.compress}[suffix]
    content = pack(lines("\t", user, movie, stars).encode())
    file = write(tmp_path, **{f"mine.{suffix}": content}) / f"mine.{suffix}"
    assert find_source(str(file)).guess == USUAL


def test_parts_need_no_header(tmp_path: Path) -> None:
    content = lines("\t", user, movie, stars)
    folder = write(tmp_path / "parts", **{"part-00000": content, "part-00001": content})
    (folder / "part-00001").write_text(lines("\t", movie, user, stars))
    assert find_source(str(folder)).guess == USUAL
    (folder / "part-00001").write_text(lines("\t", user, movie, stars, seconds))
    refused(folder, "part-00001 has other columns than part-00000")


def test_lists_of_movies_are_refused(tmp_path: Path) -> None:
    content = "".join(" ".join(map(str, range(n, n + 2 + n % 9))) + "\n" for n in range(50))
    what = "different numbers of fields, as lists of movies have: write one event per line"
    refused(write(tmp_path, mine=content) / "mine", what)
    refused(tmp_path / "mine", what, USUAL)


@pytest.mark.parametrize(
    ("first", "what"),
    [
        ("% bip weighted", "a comment, '% bip weighted': remove all lines that start with %"),
        ("# From To", "a comment, '# From To': remove #, or all lines that start with #"),
    ],
)
def test_a_line_before_the_ratings_is_refused(tmp_path: Path, first: str, what: str) -> None:
    content = f"{first}\n" + lines(" ", user, movie, stars)
    refused(write(tmp_path, mine=content) / "mine", f"starts with {what}")


def test_columns_without_a_value_do_not_count(tmp_path: Path) -> None:
    """A doubled tab makes an empty column."""
    file = write(tmp_path, mine=lines("\t\t", user, movie, stars)) / "mine"
    source = find_source(str(file))
    assert source.guess == "user_id=1, movie_id=3, rating=5"
    content = lines("\t\t", user, movie, lambda n: n * 37)
    refused(write(tmp_path, mine=content) / "mine", "COLUMNS='user_id=1, movie_id=3, strength=5'")


@pytest.mark.parametrize("header", ["", "user," + ",".join(f"joke{n}" for n in range(30)) + "\n"])
def test_a_table_with_a_column_per_movie_is_refused(tmp_path: Path, header: str) -> None:
    fields = (user, *(lambda n, k=k: "" if (n + k) % 3 else n * k % 21 - 10 for k in range(30)))
    what = "31 columns of numbers, as a table with a column per movie has: write one rating per"
    refused(write(tmp_path, mine=header + lines(",", *fields)) / "mine", what)


def test_line_breaks_within_quotes_are_recognised(tmp_path: Path) -> None:
    content = "user,item,rating,text\n" + '1,2,3,"fine\n\nbut, ""slow"""\n4,5,2,bad\n' * 99
    file = find_source(str(write(tmp_path, mine=content) / "mine")).files[0]
    assert file.has_line_breaks
    assert list(column_values(file, "rating")) == ["3", "2"] * 99


def test_a_quote_that_is_not_closed_is_no_line_break(tmp_path: Path) -> None:
    """Each line has all fields, so the titles that start with a quote are not joined."""
    content = "user\titem\trating\ttitle\n" + '1\t2\t3\t"Heroes\n4\t5\t2\tbad\n' * 99
    file = find_source(str(write(tmp_path, mine=content) / "mine")).files[0]
    assert not file.has_line_breaks
    assert list(column_values(file, "rating")) == ["3", "2"] * 99


@pytest.mark.parametrize("behind", [0, 1, 200])
@pytest.mark.parametrize("text", ["fine", '"fine"'])
def test_an_open_quote_in_one_line_joins_no_lines(tmp_path: Path, text: str, behind: int) -> None:
    whole = f"1,2,3,{text}\n4,5,2,bad\n"
    content = f'user,item,rating,text\n{whole * 200}1,2,"3,fine\n{whole * behind}'
    file = find_source(str(write(tmp_path, mine=content) / "mine")).files[0]
    assert not file.has_line_breaks
    assert len(list(column_values(file, "rating"))) == 400 + 2 * behind


def test_line_breaks_without_quotes_are_refused(tmp_path: Path) -> None:
    content = "user,item,rating,text\n" + "1,2,3,fine\nbut\nslow\n4,5,2,bad\n" * 99
    what = "has 4 fields in its first line and 1 in many others, .* without line breaks in a"
    refused(write(tmp_path, mine=content) / "mine", what)


def test_a_header_without_a_name_for_the_rows_is_refused(tmp_path: Path) -> None:
    content = '"user" "item" "rating"\n' + lines(" ", '"{}"'.format, user, movie, stars)
    what = "has 3 names in its first line and 4 fields in the others, as R .* the first column too"
    refused(write(tmp_path, mine=content) / "mine", what)


def test_other_line_ends_are_refused(tmp_path: Path) -> None:
    content = lines(",", user, movie, stars, end="\r")
    refused(
        write(tmp_path, mine=content) / "mine", r"with CR alone: write LF, as in tr '\\r' '\\n'"
    )


def test_bytes_of_latin1_in_the_first_line_matter_only_in_a_header(tmp_path: Path) -> None:
    rows = lines(",", user, movie, stars, lambda n: f"Caf\u00e9 {n}")
    columns = "user_id=1, movie_id=2, rating=3"
    file = write(tmp_path, mine=rows.encode("latin-1")) / "mine"
    assert find_source(str(file), columns).files[0].columns["rating"] == "3"
    content = f"user,item,rating,caf\u00e9\n{rows}".encode("latin-1")
    refused(write(tmp_path, mine=content) / "mine", "a first line that is not UTF-8")


def test_movies_without_a_header_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"movies.csv": "1,Heat (1995),Crime\n2,Ran (1985),\n"})
    write(folder, **{"ratings.csv": lines(",", user, movie, stars)})
    refused(folder, r"movies\.csv has no header: write the names of the columns above its first")
