"""The part of the summary that describes the data: rejected rows, titles, times, and ratings."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from reelhouse.errors import printable
from reelhouse.ingest.columns import parse_columns, repeat_columns
from reelhouse.ingest.data_set import RAW_FILES
from reelhouse.ingest.given_splits import GIVEN
from reelhouse.ingest.number_forms import how_to_write
from reelhouse.ingest.times import WITHOUT_TIMES, remedy_of
from reelhouse.lake.catalog import BUILD, lake_folder
from reelhouse.lake.session import LakeSession
from reelhouse.project import item_word, project_vars

REJECTED = {name: f"rejected_{name}" for name in ("ratings", "movies", "users")}
TABLES = (
    *("interactions", "movies", RAW_FILES, *REJECTED.values()),
    *("int_rating_scale", "stg_value_formats"),
)
"""Tables from which the lines are read."""
NO_BREAK = "\N{NO-BREAK SPACE}"
SHOWN_RULES = 3
"""Largest number of rules that a line names."""
EXPLAINED_SHARE = 0.01
"""The summary explains a rule that rejects at least this share of the ratings."""
LONGEST_EXAMPLE = 40
UNITS = {1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
"""Ticks per second → name of the unit."""

_TEXTS = {
    "not": "coalesce(malformed_line, raw_user_id, raw_movie_id)",
    "line": "malformed_line",
    "user": "raw_user_id",
    "movie": "raw_movie_id",
    "rating": "raw_rating",
    "rated": "raw_rated_at",
    "strength": "raw_strength",
    "split": "raw_split",
}
"""First word of a rule → the column with the text that breaks the rule."""

_TAKE_AS_TEXT = (
    "most ids are whole numbers. To keep the others, write whole_id_share: 1 in dbt_project.yml,"
    " which takes every id as text"
)
_MISSING = "missing_words in dbt_project.yml lists the words that mean a missing value"
_WITHOUT_ID = "a higher rejected_share_limit in dbt_project.yml builds the lake without such rows"
_SCALE = (
    "if the ratings have another scale, set rating_min, rating_max and rating_step in"
    " dbt_project.yml"
)
_WITHOUT_STRENGTHS = "COLUMNS='strength=' counts every event once"
_SPLITS = (
    "write train, validation or test, or write COLUMNS='split=', which ignores the column of splits"
)
_REMEDIES = {
    "not_utf8": "convert the file to UTF-8, as in iconv -f ISO-8859-1 -t UTF-8",
    "line_malformed": (
        "such a line has more or fewer fields than the header. Write fields without line breaks,"
        " and with quotes around a field that has a separator"
    ),
    "user_id_missing": _WITHOUT_ID,
    "user_id_not_an_integer": _TAKE_AS_TEXT,
    "user_id_negative": _TAKE_AS_TEXT,
    "movie_id_missing": _WITHOUT_ID,
    "movie_id_not_an_integer": _TAKE_AS_TEXT,
    "movie_id_negative": _TAKE_AS_TEXT,
    "rating_missing": _MISSING,
    "rating_not_a_number": "if another column has the ratings, COLUMNS='rating=…' names it",
    "rating_off_the_scale": _SCALE,
    "strength_missing": _WITHOUT_STRENGTHS,
    "strength_not_a_number": _WITHOUT_STRENGTHS,
    "strength_not_positive": _WITHOUT_STRENGTHS,
    "split_missing": _SPLITS,
    "split_not_known": _SPLITS,
    "rated_at_missing": WITHOUT_TIMES,
    "rated_at_out_of_range": (
        f"rated_at_from and rated_at_before in dbt_project.yml set the range, and {WITHOUT_TIMES}"
    ),
}

Counts = list[tuple[int, str]]
"""Number of rejected rows and the rule that rejects them, largest number first."""


def data_lines(session: LakeSession) -> list[str]:
    """Return the lines of the summary that describe the data."""
    kept, word = kept_rows(session)
    counts = {name: rejecting_rules(session, table) for name, table in REJECTED.items()}
    total = kept + sum(count for count, _ in counts["ratings"])
    items = f"{item_word()}s"
    return [
        kept_line(kept, word, counts["ratings"]),
        *_explanation(session, "rejected_ratings", counts["ratings"], total),
        *(
            f"{label:<10} {rejected_words(REJECTED[name], counts[name])}"
            for name, label in (("movies", items), ("users", "users"))
            if counts[name]
        ),
        *_undescribed_movies(session),
        *_events(session),
        *_splits(session),
        *_times(session),
        *_scale(session),
        *_liked(session),
    ]


def kept_line(kept: int, word: str, counts: Counts) -> str:
    """Return the line with the numbers of kept and rejected ratings or events."""
    return f"{word:<11}{kept:,} kept, {rejected_words(REJECTED['ratings'], counts)}"


def kept_rows(session: LakeSession) -> tuple[int, str]:
    """Return the number of rows of the source that are kept, and `ratings` or `events`."""
    count, has_ratings = session.execute(
        "select coalesce(sum(if(has_ratings, 1, event_count)), 0), any_value(has_ratings)"
        " from interactions, int_rating_scale"
    ).fetchall()[0]
    return int(count), "events" if has_ratings is False else "ratings"


def print_rejected() -> None:
    """Print why ratings are rejected. A build that fails for this reason calls this function."""
    table = "int_ratings_rejected"
    with LakeSession(lake_folder(), catalog=BUILD) as session:
        if table not in session.catalog.names():
            return
        counts = rejecting_rules(session, table)
        total: int = session.scalar("select count(*) from raw_ratings")
        words = f"ratings    {rejected_words(table, counts)}"
        print(words, *_explanation(session, table, counts, total), sep="\n", flush=True)


def rejected_words(table: str, counts: Counts) -> str:
    """Return the number of rejected rows with the most frequent rules."""
    total = sum(count for count, _ in counts)
    if not total:
        return "0 rejected"
    reasons = [f"{count:,} {rule}" for count, rule in counts[:SHOWN_RULES]]
    more = ["…"] if len(counts) > SHOWN_RULES else []
    return f"{total:,} in {table}: {', '.join(reasons + more)}"


def rejecting_rules(session: LakeSession, table: str) -> Counts:
    """Return how many rows of a table such as rejected_ratings each rule has rejected."""
    return session.execute(
        f"select count(*), rule from {table} group by rule order by 1 desc, 2"
    ).fetchall()


def _explanation(session: LakeSession, table: str, counts: Counts, total: int) -> list[str]:
    """Return a sentence with a remedy on each rule that rejects a large share of the ratings."""
    lines = []
    for count, rule in counts:
        if count < EXPLAINED_SHARE * total or rule not in (*_REMEDIES, "rated_at_not_a_time"):
            continue
        column = _TEXTS[rule.split("_")[0]]
        text = session.scalar(f"select max({column}) from {table} where rule = '{rule}'")
        form = how_to_write([text or ""]) if rule.endswith("not_a_number") else None
        remedy = form or _REMEDIES.get(rule) or remedy_of(text or "")
        example = f", as in {_shortened(text)}" if (text or "").strip() else ""
        share = f"{count / total:.1%} of the ratings"
        sentence = f"{rule} rejects {share}{example}: {_with_columns(session, remedy)}"
        lines += wrapped("", sentence)
    return lines


def _undescribed_movies(session: LakeSession) -> list[str]:
    """Return a warning if the file of movies describes less than half of the rated movies."""
    path = session.scalar(f"select path from {RAW_FILES} where role = 'movies'")
    if path is None:
        return []
    rated, described = session.execute(
        "select count(*), count_if(is_described) from movies where rating_count > 0"
    ).fetchall()[0]
    if 2 * described >= rated:
        return []
    undescribed_id = session.scalar(
        "select min(source_id) from movies where rating_count > 0 and not is_described"
    )
    unrated_id = session.scalar(
        "select min(source_id) from movies where rating_count = 0 and is_described"
    )
    items = f"{item_word()}s"
    sentence = f"{Path(path).name} describes only {described:,} of the {rated:,} rated {items}"
    if unrated_id is None:
        return wrapped("warning", f"{sentence}: add the other {items}, which have no titles")
    return wrapped(
        "warning",
        f"{sentence}, since its ids look like {_shortened(unrated_id)} and those of the ratings"
        f" like {_shortened(undescribed_id)}: write both alike, or most {items} have no titles",
    )


def _events(session: LakeSession) -> list[str]:
    """Return a note that every row counts as an event, if the data has no ratings."""
    has_ratings, has_strengths = session.execute(
        "select has_ratings, has_strengths from int_rating_scale"
    ).fetchall()[0]
    if has_ratings:
        return []
    pairs: int = session.scalar("select count(*) from interactions")
    by = "their strengths" if has_strengths else "their number"
    strength = "" if has_strengths else ", and COLUMNS='strength=…' one that counts or weighs"
    sentence = (
        f"no ratings were found, so each row is an event: {pairs:,} pairs of user and"
        f" {item_word()}, weighted by {by}. If a column has ratings, COLUMNS='rating=…' names"
        f" it{strength}"
    )
    return wrapped("", _with_columns(session, sentence))


def _splits(session: LakeSession) -> list[str]:
    """Return how many splits the source gives, if it gives any."""
    has_splits, folds = session.execute(
        "select has_splits, fold_count from int_rating_scale"
    ).fetchall()[0]
    if not has_splits:
        return []
    if not folds:
        return ["splits     not used, since the source does not name both train and test rows"]
    said = "train and test rows" if folds == 1 else f"train and test rows of {folds} folds"
    return [f"splits     the source names {said}, which the protocol {GIVEN} uses"]


def _times(session: LakeSession) -> list[str]:
    """Return a line on the inferred unit or order of the times, or on missing times."""
    if not session.scalar(f"select bool_and(has_times) from {RAW_FILES}"):
        return ["times      none: protocols and algorithms that use times are skipped (rated_at=…)"]
    ticks, date_order = session.execute(
        "select ticks_per_second, date_order from stg_value_formats"
    ).fetchall()[0]
    if date_order:
        return [f"times      read as {date_order}, which fits every date"]
    return [f"times      in {UNITS[ticks]} since 1970"] if ticks in UNITS else []


def _scale(session: LakeSession) -> list[str]:
    """Return the scale, if the ratings look like a MovieLens release and have another scale."""
    known, used = (
        session.execute(f"select rating_min, rating_max from {table}").fetchall()[0]
        for table in (f"{RAW_FILES} where role = 'ratings'", "int_rating_scale")
    )
    declared = {project_vars()[name] for name in ("rating_min", "rating_max")}
    if known[0] is None or known == used or declared != {None}:
        return []
    (low, high), (lowest, highest) = known, used
    return [
        f"scale      {lowest:g} to {highest:g}, since too few ratings fit MovieLens's"
        f" {low:g} to {high:g}"
    ]


def _liked(session: LakeSession) -> list[str]:
    """Return the lowest liked rating, if it is inferred from the ratings."""
    lowest = session.scalar(
        "select relevant_rating from int_rating_scale where is_relevance_inferred"
    )
    if lowest is None:
        return []
    share = session.scalar("select avg(cast(is_relevant as int)) from interactions")
    return [
        f"liked      from a rating of {lowest:g} up, {share:.0%} of the ratings (relevant_rating in"
        " dbt_project.yml)"
    ]


def _with_columns(session: LakeSession, sentence: str) -> str:
    """Add the columns that the user has named to each COLUMNS='…' of a sentence."""
    mapping: str = session.scalar(f"select any_value(mapping) from {RAW_FILES}")
    return repeat_columns(sentence, parse_columns(mapping))


def _shortened(text: str) -> str:
    short = text if len(text) <= LONGEST_EXAMPLE else text[:LONGEST_EXAMPLE] + "…"
    return f"'{printable(short)}'"


def wrapped(name: str, sentence: str) -> list[str]:
    """Wrap a sentence after a name into lines of 100 characters; never wrap inside code."""
    whole = re.sub("`.*?`|COLUMNS='.*?'", lambda code: code[0].replace(" ", NO_BREAK), sentence)
    lines = textwrap.wrap(
        whole,
        width=100,
        initial_indent=f"{name:<11}",
        subsequent_indent=" " * 11,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(NO_BREAK, " ") for line in lines]
