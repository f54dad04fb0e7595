"""Exports of Letterboxd, IMDb and MovieLens become ratings on the scale of the lake."""

import zipfile

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.serve.rating_files import read_ratings
from reelhouse.serve.titles import split_year, title_keys

TITLES = ["Alien (1979)", "Heat (1995)", "Heat (1986)"]
SCALE = {"has_ratings": True, "rating_min": 1.0, "rating_max": 5.0, "rating_step": 1.0}
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


LETTERBOXD = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2024-01-01,Alien,1979,https://boxd.it/1,3.5\n"
    "2024-01-01,Heat,1986,https://boxd.it/2,0.5\n"
    "2024-01-01,Unknown,2001,https://boxd.it/3,4\n"
)


def test_letterboxd_is_rounded_to_the_steps_of_the_lake(tmp_path):
    assert read(tmp_path, LETTERBOXD) == ({70: 4.0, 90: 1.0}, ["Unknown"])
    halves = {**SCALE, "rating_min": 0.5, "rating_step": 0.5}
    assert read(tmp_path, LETTERBOXD, scale=halves).ratings == {70: 3.5, 90: 0.5}


def test_the_zip_of_letterboxd_has_its_ratings(tmp_path):
    file = tmp_path / "letterboxd.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letterboxd/watched.csv", "Name\nHeat\n")
        archive.writestr("letterboxd/ratings.csv", LETTERBOXD)
    assert read_ratings(file, FACTS, IDS).ratings == {70: 4.0, 90: 1.0}


def test_imdb_is_out_of_ten_and_has_original_titles(tmp_path):
    text = (
        "Const,Your Rating,Title,Original Title,Year\n"
        'tt1,9,Alien,Alien,1979\ntt2,1,"Fuego","Heat",1995\n'
    )
    assert read(tmp_path, text).ratings == {70: 5.0, 80: 1.0}


def test_movielens_org_has_other_ids_than_the_data(tmp_path):
    text = "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n9,1,2,4.5,4,Alien (1979)\n"
    assert read(tmp_path, text).ratings == {70: 5.0}


def test_ids_alone_are_those_of_the_source_and_a_movie_without_a_rating_is_liked(tmp_path):
    text = "\ufeffmovieId,rating\r\n7,4.5\r\n9,\r\n1000,3\r\n"
    assert read(tmp_path, text) == ({70: 4.5, 90: None}, ["1000"])


def test_titles_alone_are_likes(tmp_path):
    assert read(tmp_path, "Title\nHeat (1986)\n\nAlien\n").ratings == {90: None, 70: None}


def test_high_ratings_are_likes_if_the_lake_has_events(tmp_path):
    events = dict.fromkeys(("rating_min", "rating_max", "rating_step"), None)
    events = {**events, "has_ratings": False}
    assert read(tmp_path, LETTERBOXD, scale=events).ratings == {70: None}
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
