"""The pages of the tutorial: their chapters, examples and figures."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from reelhouse.paths import ROOT

ENGLISH, FRENCH = (ROOT / "docs" / name for name in ("tutorial.md", "tutorial.fr.md"))
RELATIVE, ABSOLUTE = 0.02, 0.004
"""Tolerances of numbers that depend on a fit: another kind of processor rounds differently."""
SHARED = 0.7
"""Smallest share of the texts of a fitted list that must be the same."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
READ = re.compile(r"\b(?:from|join)\s+([a-z]\w*)")
OF_DATA = {
    *("raw_files", "raw_ratings", "raw_movies", "raw_users", "interactions", "movies", "users"),
    *("rejected_ratings", "column_profiles", "matrix_density", "movie_popularity_tail"),
    *("rating_distribution", "ratings_over_time", "rating_splits", "rating_biases"),
}
"""Tables that no fit influences, so that their output is equal everywhere."""


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


class Example(NamedTuple):
    """A query or a command, and its printed output."""

    text: str
    output: str

    @property
    def is_query(self) -> bool:
        return not self.text.startswith("$ ")

    @property
    def depends_on_a_fit(self) -> bool:
        return not self.is_query or not set(READ.findall(self.text)) <= OF_DATA


def chapters(page: Path) -> list[str]:
    """Return the chapters of a page, without the text before the first one."""
    return re.split(r"^(?=## )", page.read_text(), flags=re.MULTILINE)[1:]


def blocks(text: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(text)]


def examples(text: str) -> list[Example]:
    """Return the queries and the commands that print something."""
    found = []
    for block, following in pairwise([*blocks(text), Block("", "")]):
        if block.language == "sql":
            assert following.language == "text", f"no output follows {block.text}"
            found.append(Example(block.text, following.text))
        elif block.language == "console":
            command, _, output = block.text.partition("\n")
            assert command.startswith("$ ")
            if output:
                found.append(Example(command, output))
    return found


def assert_same(printed: str, found: str, depends_on_a_fit: bool) -> None:
    """Compare the output in the tutorial with the output of a lake."""
    if not depends_on_a_fit:
        assert found == printed
    elif "─" in printed:
        assert_same_rows(rows_of(printed), rows_of(found))
    else:
        assert_same_numbers(printed, found)


def rows_of(table: str) -> list[list[str]]:
    """Return the names of the columns and the cells of a printed table."""
    names, rule, *lines = table.splitlines()
    starts = [match.start() for match in re.finditer("─+", rule)]
    ends = [*starts[1:], None]
    return [
        [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        for line in (names, *lines)
    ]


def assert_same_rows(printed: list[list[str]], found: list[list[str]]) -> None:
    """Compare tables of fitted numbers; a few of their texts may differ, as in a list of movies."""
    names, *expected = printed
    assert found[0] == names
    assert len(found) == len(printed)
    places = range(len(names))
    texts = [place for place in places if not all(_is_number(row[place]) for row in expected)]
    numbers = [place for place in places if place not in texts and names[place] != "rank"]
    pairs = _pairs(expected, found[1:], texts)
    for row, mine in pairs:
        if mine is not None:
            wrong = [names[place] for place in numbers if not _is_close(mine[place], row[place])]
            assert not wrong, (mine, row)
    shared = [
        mine is not None and mine[place] == row[place] for row, mine in pairs for place in texts
    ]
    assert sum(shared) >= SHARED * len(shared)


def _pairs(
    expected: list[list[str]], found: list[list[str]], texts: list[int]
) -> list[tuple[list[str], list[str] | None]]:
    """Return each printed row with the row found for it: by its first text, else by its place."""
    by_text = {row[texts[0]]: row for row in found} if texts else {}
    if len(by_text) < len(found):
        return list(zip(expected, found, strict=True))
    return [(row, by_text.get(row[texts[0]])) for row in expected]


def _is_number(cell: str) -> bool:
    return cell == "NULL" or NUMBER.fullmatch(cell) is not None


def _is_close(found: str, printed: str) -> bool:
    if "NULL" in (found, printed):
        return found == printed
    return float(found) == pytest.approx(float(printed), rel=RELATIVE, abs=ABSOLUTE)


def assert_same_numbers(printed: str, found: str) -> None:
    """Compare texts of the same words, with a tolerance for their fractions."""
    assert NUMBER.sub("0", found) == NUMBER.sub("0", printed)
    mine, theirs = (
        [float(number) for number in NUMBER.findall(text) if "." in number]
        for text in (found, printed)
    )
    assert mine == pytest.approx(theirs, rel=RELATIVE, abs=ABSOLUTE)
