"""Every chapter of the tutorial is complete, and the French page has the same content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.tutorial_plots import LANGUAGES, file_of, plots
from reelhouse.commands.demo import QUERY
from tests.tutorial import (
    ENGLISH,
    FENCE,
    FRENCH,
    IMAGE,
    assert_same,
    blocks,
    chapters,
    examples,
)

PAGES = dict(zip(LANGUAGES, (ENGLISH, FRENCH), strict=True))
HEADING = re.compile(r"^(#+) +(\d*)", re.MULTILINE)
FORMULA = re.compile(r"^    \S.*$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)")
EXERCISE = re.compile(r"^\*\*Exerci[cs]e\.\*\*", re.MULTILINE)
ANSWER = re.compile(r"^<details><summary>\w+</summary>$(.*?)^</details>$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_has_an_output_a_plot_and_an_exercise_with_its_answer(language: str) -> None:
    found = chapters(PAGES[language])
    assert len(found) == len(plots()) == 10
    for number, text in enumerate(found, start=1):
        assert text.startswith(f"## {number}. ")
        assert [Path(name) for name in IMAGE.findall(text)] == [
            file_of(number, language).relative_to(ENGLISH.parent)
        ]
        exercise, answer = EXERCISE.search(text), ANSWER.search(text)
        assert exercise and answer and exercise.end() < answer.start()
        assert examples(answer[1])
        assert examples(text[: exercise.start()])


def test_both_pages_have_the_same_headings_queries_commands_and_outputs() -> None:
    english, french = (page.read_text() for page in PAGES.values())
    assert blocks(french) == blocks(english)
    prose = [FENCE.sub("", text) for text in (english, french)]
    assert HEADING.findall(prose[1]) == HEADING.findall(prose[0])
    one, other = map(chapters, PAGES.values())
    for mine, theirs in zip(one, other, strict=True):
        assert len(blocks(mine)) == len(blocks(theirs))
        texts = [FENCE.sub("", text) for text in (mine, theirs)]
        for pattern in (
            FORMULA,
            re.compile(r"^\|", re.MULTILINE),
            re.compile(r"^- ", re.MULTILINE),
        ):
            assert len(pattern.findall(texts[0])) == len(pattern.findall(texts[1]))
        targets = [
            {link for link in LINK.findall(text) if not link.endswith(".png")} for text in texts
        ]
        assert targets[0] == targets[1]


def test_no_paragraph_is_left_in_english() -> None:
    english, french = (
        {
            paragraph
            for paragraph in FENCE.sub("", page.read_text()).split("\n\n")
            if re.search(r"[a-z]{3} [a-z]{3}", paragraph)
        }
        for page in PAGES.values()
    )
    assert len(english) > 50
    assert not english & french


def test_the_demo_runs_a_query_of_the_tutorial() -> None:
    assert f"{QUERY};\n" in [block.text for block in blocks(ENGLISH.read_text())]


TABLE = """\
rank  title         score
────  ────────────  ─────
   1  Alien (1979)    0.5
   2  Heat (1995)     0.4
   3  Babe (1995)     0.3
   4  Fargo (1996)    0.2
"""


@pytest.mark.parametrize(
    ("found", "is_same"),
    [
        (TABLE, True),
        (TABLE.replace("0.4", "0.401"), True),
        (TABLE.replace("0.4", "0.43"), False),
        (TABLE.replace("Babe (1995)", "Jaws (1975)"), True),
        (TABLE.replace("Babe (1995)", "Jaws (1975)").replace("Fargo", "Cargo"), False),
        (TABLE.replace("title", "movie"), False),
        (TABLE.replace("   4  Fargo (1996)    0.2\n", ""), False),
    ],
)
def test_a_fitted_list_may_differ_a_little(found: str, is_same: bool) -> None:
    if is_same:
        assert_same(TABLE, found, depends_on_a_fit=True)
    else:
        with pytest.raises(AssertionError):
            assert_same(TABLE, found, depends_on_a_fit=True)


def test_a_table_of_the_data_may_not_differ() -> None:
    with pytest.raises(AssertionError):
        assert_same(TABLE, TABLE.replace("0.4", "0.401"), depends_on_a_fit=False)
