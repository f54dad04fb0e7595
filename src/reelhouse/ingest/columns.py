"""Recognise the columns of ratings and movies: by the user's mapping or by their usual names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from reelhouse.errors import ReelhouseError, check_utf8, printable
from reelhouse.ingest.csv_layouts import named_by_position
from reelhouse.ingest.guesses import (
    guess_columns,
    is_matrix,
    table_of_movies,
    time_column,
    truth_column,
)
from reelhouse.ingest.joined_files import join_with_other
from reelhouse.ingest.missing_words import is_missing, missing_texts
from reelhouse.ingest.usual_names import COLUMNS, OPTIONAL, columns_named, simplified


def parse_columns(text: str) -> dict[str, str]:
    """Parse COLUMNS, such as ``user_id=a, rated_at=``; return our column → the file's column.

    An empty name, as in ``rated_at=``, leaves an optional column out.

    Raises:
        ReelhouseError: a pair is malformed, or names a column that ratings do not have.
    """
    check_utf8(text, "COLUMNS is", "type it again")
    known = COLUMNS["ratings"]
    with_commas = re.sub(rf"(?<=[^\s,;])[\s;]+(?=({'|'.join(known)})\s*=)", ", ", text)
    if with_commas != text:
        raise ReelhouseError(f"COLUMNS needs commas between the columns: write {with_commas!r}")
    mapping: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        ours, equals, theirs = map(str.strip, pair.partition("="))
        if equals and theirs in known and ours not in known:
            raise ReelhouseError(f"COLUMNS has {pair!r}: write {theirs}={ours}, our name first")
        meant = next((name for name, usual in known.items() if simplified(ours) in usual), "")
        if theirs and meant and ours not in known:
            raise ReelhouseError(f"COLUMNS has {pair!r}: write {meant}={theirs}")
        is_named = bool(theirs) or ours in OPTIONAL
        if not equals or not is_named or ours not in known or ours in mapping:
            raise ReelhouseError(
                f"COLUMNS has {pair!r}: write the file's name of each column once, as in"
                f" COLUMNS='{columns_text(dict.fromkeys(known, '…'))}'"
            )
        mapping[ours] = theirs
    return mapping


def columns_text(mapping: Mapping[str, str]) -> str:
    """Return a mapping in the form that COLUMNS has."""
    return ", ".join(f"{ours}={mapping[ours]}" for ours in COLUMNS["ratings"] if ours in mapping)


def columns_option(mapping: Mapping[str, str], names: Sequence[str] = ()) -> str:
    """Return a mapping as a person types it after `make build`.

    Args:
        mapping: our column → the file's column.
        names: the names of the file's columns. A name that COLUMNS cannot contain, such as a name
            with a comma, is replaced by its position.
    """
    typed = {ours: _as_typed(ours, theirs, names) for ours, theirs in mapping.items()}
    # In quotes, even where a shell needs none.
    quoted = columns_text(typed).replace("'", "'\"'\"'")
    return f"COLUMNS='{quoted}'"


def _as_typed(ours: str, theirs: str, names: Sequence[str]) -> str:
    if theirs not in names:
        return theirs
    try:
        is_read = parse_columns(f"{ours}={theirs}") == {ours: theirs}
    except ReelhouseError:
        is_read = False
    return theirs if is_read else str(list(names).index(theirs) + 1)


def repeat_columns(message: str, mapping: Mapping[str, str]) -> str:
    """Add the columns of ``mapping`` to each COLUMNS='…' of a message that names one column.

    Without them, a person who types the suggestion would lose the columns typed before.
    """

    def repeated(suggestion: re.Match[str]) -> str:
        ours, theirs = suggestion.groups()
        return columns_option({**mapping, ours: theirs})

    return re.sub(r"COLUMNS='(\w+)=(…?)'", repeated, message)


def columns_of(
    path: Path,
    names: Sequence[str],
    role: str,
    mapping: Mapping[str, str],
    rows: Sequence[Sequence[str]] = (),
) -> dict[str, str]:
    """Return our column → the file's column, by the mapping or else by the usual names.

    Args:
        path: the file, for error messages.
        names: the names of the file's columns.
        role: ``ratings``, ``movies``, ``links`` or ``tags``.
        mapping: our column → the file's column or its position, or empty to leave the column out.
        rows: fields of the first rows of a text file, from which the error message guesses.

    Raises:
        ReelhouseError: a column is missing or appears twice, or would be two of our columns, or
            two columns have the same usual name.
    """
    description = f"{path} has the columns {', '.join(map(printable, names))}"
    option = partial(columns_option, names=names)
    taken, missing = {}, []
    mapping = named_by_position(names, mapping)
    empty = _columns_without_values(names, rows)
    for ours, usual in COLUMNS[role].items():
        if mapping.get(ours) == "":
            continue
        if ours in mapping:
            if mapping[ours] not in names:
                raise ReelhouseError(
                    f"COLUMNS names {mapping[ours]!r}, but {description}: name one of these"
                )
            taken[ours] = mapping[ours]
            continue
        others = [name for name in names if name not in mapping.values()]
        fitting = list(columns_named(others, usual))
        if fitting:
            taken[ours] = next((name for name in fitting if name not in empty), fitting[0])
            alike = [
                name
                for name in dict.fromkeys(fitting)
                if simplified(name) == simplified(taken[ours]) and name not in empty
            ]
            if role == "ratings" and len(alike) > 1:
                choices = " or ".join(option({**mapping, ours: name}) for name in alike)
                raise ReelhouseError(
                    f"{description}, and {' and '.join(alike)} may both be the {ours}: write"
                    f" {choices}"
                )
        elif ours not in OPTIONAL:
            missing.append(ours)
    if missing:
        if role == "ratings" and is_matrix(rows):
            raise ReelhouseError(table_of_movies(path, len(names)))
        joined = join_with_other(path, names, missing) if role == "ratings" and rows else None
        if joined:
            raise ReelhouseError(
                f"{description}, and none is the {' or the '.join(missing)}, but {joined}"
            )
        raise ReelhouseError(
            f"{description}, and none is recognised as the {' or the '.join(missing)}: "
            + (
                name_them(path, missing, guess_columns(names, rows, {**taken, **mapping}), names)
                if role == "ratings"
                else "rename the column, or rename the file to read the ratings without movies"
            )
        )
    if role == "ratings" and not {"rating", "strength"} & {*taken, *mapping}:
        guess = guess_columns(names, rows, {**taken, **mapping})
        number = guess.get("rating") or guess.get("strength")
        if number:
            raise ReelhouseError(
                f"{description}, and none is recognised as the rating. If {number} has ratings,"
                f" write {option({**mapping, 'rating': number})}; if it says how often or"
                f" how much, {option({**mapping, 'strength': number})}; if each row is an"
                f" event that counts once, {option({**mapping, 'rating': ''})}"
            )
        if truth := truth_column(names, rows, taken):
            raise ReelhouseError(
                f"{description}, and none is recognised as the rating. If {truth} says whether the"
                " user liked it, write it as 1 and 0, and"
                f" {option({**mapping, 'rating': truth})}; if each row is an event that"
                f" counts once, {option({**mapping, 'rating': ''})}"
            )
    if role == "ratings" and not {"rated_at"} & {*taken, *mapping}:
        written = time_column(names, rows, taken)
        taken |= {"rated_at": written} if written else {}
    doubled = [name for name in taken.values() if list(names).count(name) > 1]
    if doubled:
        raise ReelhouseError(f"{description}: {doubled[0]!r} appears twice; rename one")
    if len(set(taken.values())) < len(taken):
        raise ReelhouseError(f"COLUMNS gives one column two meanings, {taken}: name another column")
    return taken


def name_them(
    path: Path, missing: Collection[str], example: Mapping[str, str], names: Sequence[str] = ()
) -> str:
    """Return the end of an error message, which shows how to name the missing columns."""
    columns = columns_option({**dict.fromkeys(missing, "…"), **example}, names)
    strength, rating = example.get("strength"), example.get("rating")
    hint = f" (rating={strength} if this column has ratings)" if strength else ""
    if rating and rating.isdecimal():
        hint = f" (strength={rating} if this column says how often or how much)"
    return f"name them, as in DATA={shlex.quote(str(path))} {columns}{hint}"


def _columns_without_values(names: Sequence[str], rows: Sequence[Sequence[str]]) -> set[str]:
    missing = missing_texts()
    columns = zip(names, zip(*rows, strict=True), strict=False)
    return {name for name, column in columns if all(is_missing(text, missing) for text in column)}
