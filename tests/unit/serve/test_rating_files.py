"""Exports of Letterboxd, IMDb and MovieLens become ratings on the scale of the lake."""

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.serve.rating_files import read_ratings
from reelhouse.serve.titles import split_year, title_keys

TITLES = ["Alien (1979)", "Heat (1995)", "Heat (1986)"]
SCALE = {"has_ratings": True, "rating_min": 1.0, "rating_max": 5.0}
FACTS = {
    "source_ids": ["7", "8", "9"],
    "years": [split_year(title)[1] for title in TITLES],
    "keys": {"alien": [0], "heat": [1, 2]},
    "scale": SCALE,
}
IDS = [70, 80, 90]


def read(tmp_path, text, **facts):
    file = tmp_path / "my.csv"
    file.write_text(text, encoding="utf-8")
    return read_ratings(file, {**FACTS, **facts}, IDS)


def test_the_keys_are_those_of_the_titles():
    assert {key for title in TITLES for key in title_keys(title)} == set(FACTS["keys"])


def test_letterboxd_is_stretched_from_half_a_star_to_five(tmp_path):
    text = (
        "Date,Name,Year,Letterboxd URI,Rating\n"
        "2024-01-01,Alien,1979,https://boxd.it/1,5\n"
        "2024-01-01,Heat,1986,https://boxd.it/2,0.5\n"
        "2024-01-01,Unknown,2001,https://boxd.it/3,4\n"
    )
    # 0.5 stars of 0.5 to 5 are the lowest rating of 1 to 5.
    assert read(tmp_path, text) == ({70: 5.0, 90: 1.0}, ["Unknown"])


def test_imdb_is_stretched_from_one_to_ten(tmp_path):
    text = 'Const,Your Rating,Title,Year\ntt1,10,Alien,1979\ntt2,1,"Heat",1995\n'
    assert read(tmp_path, text).ratings == {70: 5.0, 80: 1.0}


def test_movielens_ids_are_those_of_the_source_and_a_movie_without_a_rating_is_liked(tmp_path):
    text = "\ufeffmovieId,rating\r\n7,4.5\r\n9,\r\n1000,3\r\n"
    assert read(tmp_path, text) == ({70: 4.5, 90: None}, ["1000"])


def test_titles_alone_are_likes(tmp_path):
    assert read(tmp_path, "Title\nHeat (1986)\n\nAlien\n").ratings == {90: None, 70: None}


def test_ratings_of_a_lake_with_events_are_likes(tmp_path):
    events = {"has_ratings": False, "rating_min": None, "rating_max": None}
    assert read(tmp_path, "title,rating\nAlien,3\n", scale=events).ratings == {70: None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title,rating\nAlien,9\n", "line 2: 9 is not a rating from 1 to 5"),
        ("title,rating\nAlien,good\n", "line 2: good is not a rating"),
        ("when,what\n1,2\n", "no column title or movieId"),
        ("", "no column title or movieId"),
        ("Name,Letterboxd URI,Rating\nAlien,x,0\n", "not a rating from 0.5 to 5"),
    ],
)
def test_an_error_names_the_line_or_the_column(tmp_path, text, said):
    with pytest.raises(ReelhouseError, match=said):
        read(tmp_path, text)
