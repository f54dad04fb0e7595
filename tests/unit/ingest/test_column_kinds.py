"""What the values of a column say: counts, properties of movies, numbers of rows and products."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelhouse.ingest.column_kinds import (
    are_amounts,
    are_counts,
    are_product_numbers,
    are_ratings,
    are_row_numbers,
    is_property,
)
from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import refused, write


def lines(*texts: str, header: str = "") -> str:
    """Return 300 lines of texts; {u} is a user, {i} a movie, {r} a rating, {t} a second."""
    rows = "\n".join(texts)
    numbers = range(1, 301)
    return header + "".join(
        rows.format(n=n, u=n * 7 % 31, i=n * 11 % 43, r=1 + n * n % 5, t=1_112_486_027 + n) + "\n"
        for n in numbers
    )


PLAYS = [1] * 60 + [2] * 20 + [3] * 8 + [5, 7, 12, 40]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (PLAYS, True),
        ([1, 2, 3, 4, 5] * 20, False),
        ([1] * 60 + [2] * 20 + [3, 4, 5], False),  # may be a scale of 1 to 5
        ([*PLAYS, 0.5], False),
        ([5] * 60 + [1] * 20 + [10] * 9, False),
        ([1, 2, 9], False),
    ],
)
def test_counts_are_mostly_1_or_2_and_seldom_high(numbers: list[float], expected: bool) -> None:
    assert are_counts([f"{number:g}" for number in numbers]) == expected


HOURS = [round(0.1 * 1.066**n, 1) for n in range(100)]
"""From 0.1 to 56 hours; the middle is 2.4."""


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (HOURS, True),
        (HOURS[:10], False),  # too few
        ([n / 2 for n in range(1, 11)] * 9, False),
        ([0.5] * 60 + [4, 5] * 5, False),
        ([n / 10 for n in range(101)], False),
        ([n / 7 for n in range(-70, 70)], False),
        ([round(20 * (n / 100) ** 0.5, 1) for n in range(101)], False),  # a French scale
        ([n / 3 for n in range(300)], False),
        ([-0.5, *HOURS], False),
    ],
)
def test_amounts_are_mostly_low_and_seldom_high(numbers: list[float], expected: bool) -> None:
    texts = [f"{number:g}" for number in numbers]
    assert are_amounts(texts) == expected
    if len(texts) > 20:
        assert are_ratings(texts) != expected


def test_hours_without_a_header_are_no_ratings(tmp_path: Path) -> None:
    rows = "".join(f"u{n * 7 % 31}\ts{n * 11 % 43}\t{HOURS[n % 100]}\n" for n in range(300))
    refused(write(tmp_path, mine=rows) / "mine", "COLUMNS='user_id=1, movie_id=2, strength=3'")


def test_plays_without_a_header_are_no_ratings(tmp_path: Path) -> None:
    rows = "".join(f"u{n * 7 % 31}\ts{n * 11 % 43}\t{PLAYS[n % 92]}\n" for n in range(276))
    refused(write(tmp_path, mine=rows) / "mine", "COLUMNS='user_id=1, movie_id=2, strength=3'")


def test_a_number_that_is_always_the_same_is_no_rating(tmp_path: Path) -> None:
    file = write(tmp_path, mine=lines("{u}\t{i}\t1")) / "mine"
    refused(file, r"guessed safely: .* COLUMNS='user_id=1, movie_id=2'")
    assert find_source(str(file), "user_id=1, movie_id=2").files
    file = write(tmp_path, mine=lines("{u},{i},1", header="user,item,rating\n")) / "mine"
    refused(file, "the same rating, 1, in each of the first 300 rows: COLUMNS='rating=' takes")


def test_a_property_is_equal_for_equal_ids() -> None:
    ids = [str(n % 7) for n in range(70)]
    assert is_property([f"category {int(one) % 3}" for one in ids], ids)
    assert not is_property([str(n % 5) for n in range(70)], ids)
    assert not is_property(["a", "b", "c"], ["1", "2", "3"])  # no id twice


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        # a category, a place and a price belong to the movie
        ("{u},{i},9{i},view,{t}", "user_id=1, movie_id=2, rated_at=5"),
        ("{u}\t2010-10-19T23:55:27Z\t30.{i}1\t-97.{i}3\t{i}", "movie_id=5, rated_at=2"),
        ("{u};{i};{i};{r};2005-04-02", "user_id=1, movie_id=2, rating=4, rated_at=5"),
        ("{u};2005-04-02T10:11:12Z;{i};1{i}.5;{r}", "movie_id=3, rating=5, rated_at=2"),
        # a number of the row, and ids that may be seconds since 1970
        ("{n};{u};{i};{r};x", "user_id=2, movie_id=3, rating=4"),
        ("{u}\t18000000{i:02}\t{r}\t{r}", "user_id=1, movie_id=2, rating=3"),
        ("{u}\t09780{i:05}\t{r}\tx", "user_id=1, movie_id=2, rating=3"),
    ],
)
def test_only_columns_that_may_be_meant_are_suggested(
    tmp_path: Path, row: str, columns: str
) -> None:
    refused(write(tmp_path, mine=lines(row)) / "mine", rf"guessed safely: .*{columns}'")


def test_the_numbers_of_rows_are_recognised() -> None:
    assert are_row_numbers([str(n) for n in range(30)])
    assert not are_row_numbers([str(n * 37) for n in range(30)])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["0195153448", "080442957X", "B00005N7P0"], True),
        (["9780195153446", "tt0114709"], True),
        (["0195153449", "9780195153447"], False),  # wrong check digits
        (["A1C6M8LCIX4M6M", "978300760", "42"], False),
    ],
)
def test_numbers_of_products_have_check_digits(texts: list[str], expected: bool) -> None:
    assert are_product_numbers(texts) == expected


def test_numbers_of_products_are_movies_in_every_order(tmp_path: Path) -> None:
    content = lines("0195153448,A{u}XZ,{r}.0,{t}", "B00005{i:04},A{u}XZ,{r}.0,{t}")
    source = find_source(str(write(tmp_path, mine=content) / "mine"))
    assert source.guess == "user_id=2, movie_id=1, rating=3, rated_at=4"


@pytest.mark.parametrize(
    ("header", "row", "when"),
    [
        ("user,item,t_dat", "{u},{i},2005-04-{r:02}", "t_dat"),
        ("user,item,hour,when", "{u},{i},{r},Tue Apr 0{r} 18:00:09 +0000 2012", "when"),
        ("user,item,born,released", "{u},{i},19{u:02}-01-01,20{i:02}-01-01", None),
        ("user,item,started,ended", "{u},{i},2005-04-{r:02},2005-05-{r:02}", None),
    ],
)
def test_the_only_written_times_are_the_times(
    tmp_path: Path, header: str, row: str, when: str | None
) -> None:
    """A day of birth belongs to the user, and a day of release to the movie."""
    file = write(tmp_path, mine=lines(row, header=header + "\n")) / "mine"
    assert find_source(str(file), "rating=").files[0].columns.get("rated_at") == when


def test_a_column_without_values_is_not_taken_by_its_name(tmp_path: Path) -> None:
    content = lines("NA;s{u};{i}", header="userId;sessionId;itemId\n")
    assert find_source(str(write(tmp_path, mine=content) / "mine")).files[0].columns == {
        "user_id": "sessionId", "movie_id": "itemId"
    }  # fmt: skip


def test_a_prefix_of_a_name_does_not_matter(tmp_path: Path) -> None:
    header = "review/profileName,product/productId,review/userId,review/score\n"
    file = write(tmp_path, mine=lines("x,{i},{u},{r}", header=header)) / "mine"
    assert list(find_source(str(file)).files[0].columns.values()) == [
        "review/userId", "product/productId", "review/score"
    ]  # fmt: skip


def test_words_for_true_and_false_may_be_ratings(tmp_path: Path) -> None:
    """A user who did not like a movie must not become a user who did."""
    content = lines("{u},{i},True", "{u},1{i},False", header="user,item,liked\n")
    file = write(tmp_path, mine=content) / "mine"
    refused(file, "If liked says .* as 1 and 0, and COLUMNS='rating=liked'; .* COLUMNS='rating='$")
    assert find_source(str(file), "rating=").files
    always = lines("{u},{i},True", header="user,item,valid\n")
    assert find_source(str(write(tmp_path, mine=always) / "mine")).files
