"""The lines of the summary that describe the data, read from small lakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reelhouse import project
from reelhouse.commands.data_summary import data_lines, print_rejected, rejected_words
from reelhouse.lake.session import LakeSession
from reelhouse.project import project_vars
from tests.unit.lakes import TABLES, build_lake


def said_of(folder: Path, **tables: pa.Table) -> str:
    """Return the lines for the usual lake with some tables replaced, joined to one line."""
    with LakeSession(build_lake(folder / "lake", {**TABLES, **tables})) as session:
        lines = data_lines(session)
    assert max(map(len, lines)) <= 100
    return " ".join(" ".join(lines).split())


def with_columns(table: str, **values: list[Any]) -> pa.Table:
    """Return a table of the usual lake with other values in some columns."""
    return pa.Table.from_pydict(TABLES[table].to_pydict() | values, TABLES[table].schema)


def rejected(rule: str, count: int, **texts: str) -> pa.Table:
    """Return rejected ratings; the usual lake keeps 2,500 ratings."""
    names = TABLES["rejected_ratings"].column_names
    row = dict.fromkeys(names) | {"rule": rule} | texts
    return pa.Table.from_pylist([row] * count, TABLES["rejected_ratings"].schema)


def test_the_commonest_reasons_of_rejected_ratings_are_named() -> None:
    counts = [(1200, "duplicate_pair"), (7, "user_id_missing"), (3, "rating_missing"), (1, "other")]

    assert rejected_words("rejected_ratings", []) == "0 rejected"
    assert rejected_words("rejected_ratings", counts) == (
        "1,211 in rejected_ratings: 1,200 duplicate_pair, 7 user_id_missing, 3 rating_missing, …"
    )


def test_ids_of_text_among_numbers_are_named_with_a_remedy(tmp_path: Path) -> None:
    table = rejected("user_id_not_an_integer", 125, raw_user_id="guest-12")
    said = said_of(tmp_path, rejected_ratings=table)
    assert "125 in rejected_ratings: 125 user_id_not_an_integer" in said
    assert "user_id_not_an_integer rejects 4.8% of the ratings, as in 'guest-12'" in said
    assert "whole_id_share: 1 in dbt_project.yml" in said


@pytest.mark.parametrize(
    ("rule", "texts", "remedy"),
    [
        ("rated_at_out_of_range", {"raw_rated_at": "0"}, "COLUMNS='rated_at='"),
        ("rating_off_the_scale", {"raw_rating": "11"}, "rating_max"),
        ("rating_not_a_number", {"raw_rating": "3,5"}, "a point for the decimal comma"),
        ("strength_not_a_number", {"raw_strength": "1,234"}, "remove the commas"),
        ("movie_id_missing", {"raw_movie_id": "NULL"}, "rejected_share_limit"),
        ("split_not_known", {"raw_split": "holdout"}, "train, validation or test"),
        ("rated_at_not_a_time", {"raw_rated_at": "8/3/2012 9:30 PM"}, '"M/d/yyyy h:mm a" (d/M if'),
        ("rated_at_not_a_time", {"raw_rated_at": "soon"}, "their pattern, such as"),
    ],
)
def test_a_rule_that_rejects_many_ratings_is_explained(
    tmp_path: Path, rule: str, texts: dict[str, str], remedy: str
) -> None:
    said = said_of(tmp_path, rejected_ratings=rejected(rule, 500, **texts))
    example = next(iter(texts.values()))
    assert f"{rule} rejects 16.7% of the ratings, as in '{example}': " in said
    assert remedy in said


def test_a_remedy_repeats_the_columns_that_were_named(tmp_path: Path) -> None:
    late = rejected("rated_at_out_of_range", 200, raw_rated_at="0")
    raw_files = with_columns("raw_files", mapping=["user_id=who is it", "user_id=who is it"])
    said = said_of(tmp_path, rejected_ratings=late, raw_files=raw_files)
    assert "COLUMNS='user_id=who is it, rated_at=' builds a lake without times" in said


def test_every_rule_that_rejects_many_is_explained_with_or_without_a_text(tmp_path: Path) -> None:
    blank = rejected("user_id_missing", 300)
    late = rejected("rated_at_out_of_range", 200, raw_rated_at="0")
    said = said_of(tmp_path, rejected_ratings=pa.concat_tables([blank, late]))
    assert "user_id_missing rejects 10.0% of the ratings: " in said
    assert "rated_at_out_of_range rejects 6.7% of the ratings, as in '0': " in said


def test_the_order_of_dates_is_named(tmp_path: Path) -> None:
    formats = with_columns("stg_value_formats", date_order=["d/M/yyyy"])
    raw_files = with_columns("raw_files", has_times=[True, True])
    said = said_of(tmp_path, raw_files=raw_files, stg_value_formats=formats)
    assert "times read as d/M/yyyy, which fits every date" in said


def test_few_rejected_ratings_and_duplicates_are_only_counted(tmp_path: Path) -> None:
    few = rejected("user_id_not_an_integer", 5, raw_user_id="guest-12")
    doubled = rejected("duplicate_pair", 500, raw_user_id="7")
    said = said_of(tmp_path, rejected_ratings=pa.concat_tables([few, doubled]))
    assert "505 in rejected_ratings: 500 duplicate_pair, 5 user_id_not_an_integer" in said
    assert "guest-12" not in said


def test_a_failed_build_explains_what_it_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rejected("rated_at_out_of_range", 90, raw_rated_at="1.5E20")
    raw = pa.table({"user_id": ["1"] * 100})
    tables = {**TABLES, "int_ratings_rejected": table, "raw_ratings": raw}
    monkeypatch.setenv("REELHOUSE_LAKE", str(build_lake(tmp_path / "lake", tables)))
    print_rejected()
    said = " ".join(capsys.readouterr().out.split())
    assert "90 in int_ratings_rejected: 90 rated_at_out_of_range" in said
    assert "rejects 90.0% of the ratings, as in '1.5E20'" in said


def test_rejected_users_are_counted(tmp_path: Path) -> None:
    table = pa.table({"rule": ["user_id_missing", "duplicate_user", "duplicate_user"]})
    said = said_of(tmp_path, rejected_users=table)
    assert "users 3 in rejected_users: 2 duplicate_user, 1 user_id_missing" in said


def movies(described: int, others: int, unrated: Sequence[str] = ()) -> pa.Table:
    """Return rated movies with and without a description, and unrated movies with one."""
    count = described + others
    return pa.table(
        {
            "source_id": [*(str(number) for number in range(1, count + 1)), *unrated],
            "rating_count": [3] * count + [0] * len(unrated),
            "is_described": [True] * described + [False] * others + [True] * len(unrated),
        }
    )


def test_the_summary_calls_movies_by_the_var_item_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = project_vars() | {"item_word": "song"}
    monkeypatch.setattr(project, "project_vars", lambda: variables)
    said = said_of(tmp_path, movies=movies(1, 2))
    assert "movies.csv describes only 1 of the 3 rated songs: add the other songs," in said
    assert "songs 1 in rejected_movies: 1 duplicate_movie" in said


def test_movies_with_other_ids_than_the_ratings_are_a_warning(tmp_path: Path) -> None:
    said = said_of(tmp_path, movies=movies(1, 2, ["tt0002", "tt0003"]))
    assert "warning movies.csv describes only 1 of the 3 rated movies, since" in said
    assert "its ids look like 'tt0002' and those of the ratings like '2': write both alike" in said


def test_half_of_the_movies_described_is_no_warning(tmp_path: Path) -> None:
    said = said_of(tmp_path, movies=movies(2, 2))
    assert "warning" not in said


def test_missing_movies_are_a_warning_without_ids(tmp_path: Path) -> None:
    said = said_of(tmp_path, movies=movies(1, 2))
    assert "only 1 of the 3 rated movies: add the other movies" in said


def test_the_unit_of_times_and_the_lowest_liked_rating_are_named(tmp_path: Path) -> None:
    said = said_of(
        tmp_path,
        raw_files=with_columns("raw_files", has_times=[True, True]),
        stg_value_formats=with_columns("stg_value_formats", ticks_per_second=[1000]),
        int_rating_scale=with_columns("int_rating_scale", is_relevance_inferred=[True]),
    )
    assert "times in milliseconds since 1970" in said
    assert "liked from a rating of 4 up, 50% of the ratings (relevant_rating" in said


def test_usual_data_needs_no_lines(tmp_path: Path) -> None:
    said = said_of(tmp_path)
    for word in ("liked", "milliseconds", "splits", "users", "warning"):
        assert word not in said


@pytest.mark.parametrize(
    ("folds", "said"),
    [
        (0, "splits not used, since the source does not name both train and test rows"),
        (1, "splits the source names train and test rows, which the protocol given uses"),
        (5, "splits the source names train and test rows of 5 folds, which"),
    ],
)
def test_splits_of_the_source_are_named(tmp_path: Path, folds: int, said: str) -> None:
    scale = with_columns("int_rating_scale", has_splits=[True], fold_count=[folds])
    assert said in said_of(tmp_path, int_rating_scale=scale)


@pytest.mark.parametrize(("highest", "is_said"), [(10.0, True), (5.0, False)])
def test_a_scale_other_than_that_of_the_release_is_named(
    tmp_path: Path, highest: float, is_said: bool
) -> None:
    release = with_columns("raw_files", rating_min=[1.0] * 2, rating_max=[highest] * 2)
    said = said_of(tmp_path, raw_files=release)
    assert ("scale 1 to 5, since too few ratings fit MovieLens's 1 to 10" in said) == is_said


def test_bytes_that_are_not_utf8_are_explained(tmp_path: Path) -> None:
    rows = rejected("not_utf8", 500, raw_user_id="andr\ufffd")
    assert "as in 'andr\ufffd': convert the file to UTF-8" in said_of(
        tmp_path, rejected_ratings=rows
    )
