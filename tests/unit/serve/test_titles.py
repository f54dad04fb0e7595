"""Movies are found by their titles as people write them."""

from pathlib import Path

import pytest
from jinja2 import Environment

from reelhouse.errors import ReelhouseError
from reelhouse.serve.titles import (
    find_title,
    require_title,
    short_title,
    split_year,
    title_keys,
)

# The movie with the most ratings comes first.
TITLES = [
    *("Heat (1995)", "Heat (1986)", "Rock, The (1996)", "Seven (a.k.a. Se7en) (1995)"),
    *("Amélie (2001)", "Cité des enfants perdus, La (City of Lost Children, The) (1995)"),
    *("Schindler's List (1993)", "Lilo & Stitch (2002)", "Untitled", "Enfer, L' (1994)"),
]
YEARS = [split_year(title)[1] for title in TITLES]
KEYS: dict[str, list[int]] = {}
for position, title in enumerate(TITLES):
    for key in title_keys(title):
        KEYS.setdefault(key, []).append(position)


@pytest.mark.parametrize(
    ("written", "year", "title"),
    [
        ("heat", None, "Heat (1995)"),
        ("Heat (1986)", None, "Heat (1986)"),
        ("Heat", 1986, "Heat (1986)"),
        ("Heat", 1987, "Heat (1986)"),
        ("Heat", 1950, None),
        ("The Rock", None, "Rock, The (1996)"),
        ("Rock", 1996, "Rock, The (1996)"),
        ("Se7en", None, "Seven (a.k.a. Se7en) (1995)"),
        ("Seven", None, "Seven (a.k.a. Se7en) (1995)"),
        ("AMELIE", None, "Amélie (2001)"),
        ("the city of lost children", None, TITLES[5]),
        ("La Cité des enfants perdus", None, TITLES[5]),
        ("Schindlers List", None, "Schindler's List (1993)"),
        ("Lilo and Stitch", None, "Lilo & Stitch (2002)"),
        ("Untitled", 1999, "Untitled"),
        ("L'Enfer", None, "Enfer, L' (1994)"),
        ("Alien", None, None),
        ("", None, None),
    ],
)
def test_a_title_is_found(written, year, title):
    position = find_title(written, year, KEYS, YEARS)
    assert (None if position is None else TITLES[position]) == title


SHORT = {
    "Matrix, The (1999)": "The Matrix",
    "Seven (a.k.a. Se7en) (1995)": "Seven (a.k.a. Se7en)",
    "Misérables, Les (Miserables) (1995)": "Les Misérables (Miserables)",
    "Enfer, L' (1994)": "L'Enfer",
    "2001: A Space Odyssey (1968)": "2001: A Space Odyssey",
    "Blade Runner 2049": "Blade Runner 2049",
    "(1999)": "(1999)",
    "Good, The Bad and The Ugly, The": "The Good, The Bad and The Ugly",
}


def test_a_short_title_reads_as_people_write_it():
    assert {title: short_title(title) for title in SHORT} == SHORT


def test_the_macro_gives_the_same_short_titles(spark):
    macro = Path("macros/short_title.sql").read_text(encoding="utf-8")
    expression = Environment().from_string(macro + "{{ short_title('title') }}").render()
    rows = spark.createDataFrame([(title,) for title in SHORT], "title string")
    found = rows.selectExpr("title", f"{expression} as short").collect()
    assert {row["title"]: row["short"] for row in found} == SHORT


def test_a_title_that_no_movie_has_names_similar_ones():
    with pytest.raises(ReelhouseError, match=r"called Schindler List: did you mean Schindler's"):
        require_title("Schindler List", KEYS, TITLES, YEARS)
    with pytest.raises(ReelhouseError, match="type the title as in"):
        require_title("Zzz", KEYS, TITLES, YEARS)
