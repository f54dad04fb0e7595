"""Ratings with every fault, landed: what is kept, what is rejected and why, what is refused."""

from __future__ import annotations

import dataclasses
import datetime
import re
import subprocess
from collections import Counter

import numpy as np
import pytest

from reelhouse.commands.data_summary import data_lines
from reelhouse.lake.catalog import BUILD
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import Lake

HEADER = '"userId","movieId","rating","timestamp"\n'
LANDING = (
    *("--indirect-selection", "buildable", "--select", "+interactions"),
    *("+rejected_ratings", "+movies", "+rejected_movies", "+users", "+rejected_users"),
    "every_raw_row_is_accepted_or_rejected",
)

# A line in Kaggle's format → the rule that it breaks; None if the line is kept.
LINES = {
    '1,10,3.5,"2005-04-02 23:53:47"': None,
    "1,20,4,1112486027": None,
    "2,10,4.0,1112486027": None,
    " 2 , 20 , 0.5 , 1112486027 ": None,
    "9223372036854775807,10,5,1112486027": None,
    "2,999,5,1112486027": None,  # a movie that movie.csv does not have
    "0,10,5,1112486027": None,
    "7.0,10,5,1112486027": None,  # a whole number as pandas writes it
    "7.0,1.2E1,5,1112486027": None,
    "3,30,2,1112486000": "duplicate_pair",  # older
    "3,30,3,1112486027": None,
    "3,40,2,1112486027": "duplicate_pair",  # as new, and lower
    "3,40,5,1112486027": None,
    "3,50,5,1112486027": "duplicate_pair",  # one of these two
    "3,50,5.0,1112486027": None,
    '"userId","movieId","rating","timestamp"': "user_id_not_an_integer",  # a second header
    "3,10,4": "line_malformed",
    "3": "line_malformed",
    "3,10,4,1112486027,more": "line_malformed",
    "3,10,3,5,1112486027": "line_malformed",  # a comma for the decimal point
    '"3,10,4,1112486027': "line_malformed",  # an unbalanced quote
    ",10,4,1112486027": "user_id_missing",
    '"",10,4,1112486027': "user_id_missing",
    "  ,10,4,1112486027": "user_id_missing",
    "NULL,10,4,1112486027": "user_id_missing",
    "guest-12,10,4,1112486027": "user_id_not_an_integer",
    "x,10,4,1112486027": "user_id_not_an_integer",
    "4E10,10,4,1112486027": "user_id_not_an_integer",
    "9007199254740992.0,10,4,1112486027": "user_id_not_an_integer",  # digits are lost
    "1.5,10,4,1112486027": "user_id_not_an_integer",
    "9223372036854775808,10,4,1112486027": "user_id_not_an_integer",
    "-3,10,4,1112486027": "user_id_negative",
    "4,,4,1112486027": "movie_id_missing",
    "4,\\N,4,1112486027": "movie_id_missing",
    "4,x\x00,4,1112486027": "movie_id_not_an_integer",
    "4,-10,4,1112486027": "movie_id_negative",
    "4,10,,1112486027": "rating_missing",
    "4,10,good,1112486027": "rating_not_a_number",
    "4,10,4d,1112486027": "rating_not_a_number",
    "4,10,NaN,1112486027": "rating_missing",
    "4,10,inf,1112486027": "rating_not_a_number",
    "4,10,1e999,1112486027": "rating_off_the_scale",
    "4,10,0,1112486027": "rating_off_the_scale",
    "4,10,5.5,1112486027": "rating_off_the_scale",
    "4,10,-4,1112486027": "rating_off_the_scale",
    "4,10,3.3,1112486027": "rating_off_the_scale",
    "4\udce9,10,4,1112486027": "not_utf8",
    "4\udce9,10,4": "not_utf8",  # too few fields, too
    "4,10,4,": "rated_at_missing",
    "4,10,4,NaT": "rated_at_missing",
    "4,10,4,soon": "rated_at_not_a_time",
    "4,10,4,12:30": "rated_at_not_a_time",
    "4,10,4,1112486027000": "rated_at_out_of_range",  # milliseconds among seconds
    "4,10,4,4112486027": "rated_at_out_of_range",  # the year 2100
    "4,10,4,0": "rated_at_out_of_range",
    "4,10,4,99999999999999999999": "rated_at_not_a_time",
    # Swapped columns: a movie's id is no rating.
    "4,4,1112486027,10": "rating_off_the_scale",
}
MOVIES = (
    "movieId,title,genres\n"
    '10,"Ten, the ""Movie"" (1990)",Drama\n'
    "20.0,Twenty (1991),(no genres listed)\n"
    "12.0,N/A,None\n"
    "30,Thirty (1992),Drama\n"
    "30,Thirty again (1993),Drama\n"  # twice
    "x,No number,Drama\n"
    ",Nothing,Drama\n"
    "-5,Below,Drama\n"
    "40,Too many,Drama,more\n"
    "50,Caf\udce9 (1990),Drama\n"
    "60,Café (1990),Drama\n"
)
LINKS = "movieId,imdbId,tmdbId\n10,0114709,862\n20.0,113497,\nx,1,2\n30,5,5,more\n"
TAGS = (
    "userId,movieId,tag,timestamp\n"
    "1,10,heist,1112486027\n"
    "1,10,Noir,1112486027\n"
    "2,10,noir,1112486027\n"
    "2,999,short,1112486027\n"
)


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> tuple[Lake, str]:
    """Build the faulty ratings and their movies; return the lake and dbt's output."""
    data = tmp_path_factory.mktemp("faulty")
    ratings = "\ufeff" + HEADER + "\r\n".join([*LINES, ""])
    (data / "rating.csv").write_bytes(ratings.encode(errors="surrogateescape"))
    (data / "movie.csv").write_bytes(MOVIES.encode(errors="surrogateescape"))
    (data / "link.csv").write_text(LINKS)
    (data / "tag.csv").write_text(TAGS)
    # Below the share of rejected ratings, and above the share that is off the scale of MovieLens.
    lake = Lake(tmp_path_factory.mktemp("landed"), data, "rejected_share_limit: 0.5")
    return lake, lake.dbt("build", "--exclude-resource-type", "unit_test", *LANDING, check=False)


@pytest.fixture(scope="module")
def landed(build) -> Lake:
    return build[0]


def test_nothing_but_too_many_rejected_ratings_fails_the_build(build):
    _, output = build
    assert "FAIL 1 few_ratings_are_rejected" in output
    assert "PASS every_raw_row_is_accepted_or_rejected" in output
    assert re.search(r"Done\. PASS=\d+ WARN=0 ERROR=1 SKIP=0 ", output)


def test_every_line_is_kept_or_rejected_by_its_rule(landed):
    rejected = landed.table("rejected_ratings").to_pylist()
    assert Counter(row["rule"] for row in rejected) == Counter(filter(None, LINES.values()))
    kept = landed.table("interactions").to_pylist()
    assert len(kept) == list(LINES.values()).count(None)
    assert {row["file"] for row in rejected} == {"rating.csv"}


def test_a_rejected_line_has_its_text(landed):
    rejected = landed.table("rejected_ratings").to_pylist()
    lines = {row["malformed_line"] for row in rejected if row["rule"] == "line_malformed"}
    assert lines == {line for line, rule in LINES.items() if rule == "line_malformed"}
    assert "1112486027000" in {row["raw_rated_at"] for row in rejected}
    assert "x\x00" in {row["raw_movie_id"] for row in rejected}
    broken = [row for row in rejected if row["rule"] == "not_utf8"]
    assert {row["raw_user_id"] for row in broken} == {"4\ufffd"}
    assert {row["malformed_line"] for row in broken} == {None, "4\ufffd,10,4"}


def test_of_a_pair_rated_twice_one_rating_stays(landed):
    kept = {(r["user_id"], r["movie_id"]): r for r in landed.table("interactions").to_pylist()}
    assert kept[3, 30]["rating"] == 3
    assert kept[3, 40]["rating"] == 5
    assert kept[3, 50]["event_count"] == 2


def test_movies_are_described_once_and_otherwise_named_by_their_id(landed):
    movies = {row["movie_id"]: row for row in landed.table("movies").to_pylist()}
    assert movies[10]["title"] == 'Ten, the "Movie" (1990)'
    assert movies[20]["genres"] is None
    assert movies[30]["title"] == "Thirty again (1993)"
    assert movies[999]["title"] == "movie 999"
    assert (movies[12]["title"], movies[12]["genres"]) == ("movie 12", None)
    assert {id for id, movie in movies.items() if movie["is_described"]} == {10, 12, 20, 30, 60}
    assert set(movies) == {10, 12, 20, 30, 40, 50, 60, 999}
    assert (movies[50]["title"], movies[60]["title"]) == ("movie 50", "Café (1990)")


def test_movies_have_their_links_and_tags(landed):
    movies = {row["movie_id"]: row for row in landed.table("movies").to_pylist()}
    assert [movies[10][name] for name in ("imdb_id", "tmdb_id")] == ["tt0114709", 862]
    assert [movies[20][name] for name in ("imdb_id", "tmdb_id")] == ["tt0113497", None]
    assert movies[30]["imdb_id"] is None
    assert {id: movie["tags"] for id, movie in movies.items() if movie["tags"]} == {
        10: "noir|heist",
        999: "short",
    }


def test_a_description_that_is_no_use_is_listed_with_its_rule_and_text(landed):
    rejected = landed.table("rejected_movies").to_pylist()
    assert {(row["rule"], row["raw_movie_id"], row["title"]) for row in rejected} == {
        ("duplicate_movie", "30", "Thirty (1992)"),
        ("movie_id_not_an_integer", "x", "No number"),
        ("movie_id_missing", None, "Nothing"),
        ("movie_id_negative", "-5", "Below"),
        ("line_malformed", "40", "Too many"),
        ("not_utf8", "50", "Caf\ufffd (1990)"),
    }
    assert {row["file"] for row in rejected} == {"movie.csv"}
    assert "40,Too many,Drama,more" in {row["malformed_line"] for row in rejected}


def said_of(lake: Lake) -> str:
    """What the summary of a build says about the data."""
    with LakeSession(lake.folder, catalog=BUILD) as session:
        return " ".join(" ".join(data_lines(session)).split())


def test_the_summary_names_the_commonest_rule_with_an_example(landed):
    said = said_of(landed)
    assert "user_id_not_an_integer rejects 12.3% of the ratings, as in 'x'" in said
    assert "movies 6 in rejected_movies: " in said
    assert "liked" not in said


@pytest.mark.slow
def test_text_ids_any_scale_and_times_in_milliseconds_are_taken(tmp_path):
    lines = [f"user {u % 7},item-{u % 5},{u % 21 - 10}.5,{1112486027000 + u}\n" for u in range(35)]
    lines += ["nan,item-0,1.5,1112486027000\n", "user 1,item-7,1.5,1112486027\n"]
    (tmp_path / "mine.csv").write_text("who,what,how much,when\n" + "".join(lines))
    lake = Lake(tmp_path / "lake", tmp_path / "mine.csv")
    columns = "user_id=who, movie_id=what, rating=how much, rated_at=when"
    lake = dataclasses.replace(lake, columns=columns)
    lake.dbt("run", *LANDING)
    users = {row["source_id"]: row for row in lake.table("users").to_pylist()}
    assert set(users) == {f"user {n}" for n in range(7)}
    assert users["user 3"]["rating_count"] == 5
    assert {row["title"] for row in lake.table("movies").to_pylist()} >= {"movie item-0"}
    assert users["user 0"]["first_rated_at"] == datetime.datetime(
        2005, 4, 2, 23, 53, 47, tzinfo=users["user 0"]["first_rated_at"].tzinfo
    )
    said = said_of(lake)
    assert "times in milliseconds since 1970" in said
    assert "liked from a rating of " in said
    rejected = {row["rule"] for row in lake.table("rejected_ratings").to_pylist()}
    assert rejected == {"user_id_missing", "rated_at_out_of_range"}
    scale = lake.table("int_rating_scale").to_pylist()[0]
    assert (scale["rating_min"], scale["rating_max"], scale["has_times"]) == (-10.5, 10.5, True)


@pytest.mark.slow
def test_no_header_an_unknown_name_and_american_dates_are_read(tmp_path):
    lines = [
        f"{n % 41}::{n * 7 % 30}::{n % 11}::{n % 12 + 1}/{n % 28 + 1}/2012 9:{n % 60:02} PM\n"
        for n in range(1, 331)
    ]
    (tmp_path / "mine.movielens").write_text("".join(lines))
    lake = Lake(tmp_path / "lake", tmp_path / "mine.movielens")
    lake.dbt("run", *LANDING)
    rejected = {row["rule"] for row in lake.table("rejected_ratings").to_pylist()}
    assert rejected <= {"duplicate_pair"}
    kept = {
        (row["user_id"], row["movie_id"]): row for row in lake.table("interactions").to_pylist()
    }
    assert kept[29, 23]["rated_at"].replace(tzinfo=None) == datetime.datetime(2012, 6, 2, 21, 29)
    scale = lake.table("int_rating_scale").to_pylist()[0]
    assert (scale["rating_min"], scale["rating_max"], scale["has_times"]) == (0, 10, True)
    assert "times read as M/d/yyyy, which fits every date" in said_of(lake)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk])
    if mounted.returncode != 0:
        pytest.skip("no right to mount a file system")
    yield disk
    # Java may still remove its temporary files.
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.slow
def test_a_full_disk_is_said_and_leaves_no_half_table(tmp_path, small_disk):
    ids = np.random.default_rng(1).integers(1, 2**60, (300_000, 2))
    lines = [f"{user},{movie},{1 + user % 5},1112486027\n" for user, movie in ids.tolist()]
    (tmp_path / "ratings.csv").write_text(HEADER + "".join(lines))
    lake = Lake(tmp_path / "lake", tmp_path / "ratings.csv")
    lake.folder.mkdir()
    (lake.folder / "warehouse").symlink_to(small_disk)
    output = lake.dbt("run", "--select", "raw_files", "raw_ratings", check=False)
    assert "No space left on device" in output
    assert "1 of 2 OK created python table model reelhouse.raw_files" in output
    assert lake.tables() == ["raw_files"]
