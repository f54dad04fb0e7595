"""Movies are found by their titles as people write them."""

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.serve.titles import find_title, require_title, split_year, title_keys

# The movie with the most ratings comes first.
TITLES = [
    *("Heat (1995)", "Heat (1986)", "Rock, The (1996)", "Seven (a.k.a. Se7en) (1995)"),
    *("Amélie (2001)", "Cité des enfants perdus, La (City of Lost Children, The) (1995)"),
    *("Schindler's List (1993)", "Lilo & Stitch (2002)", "Untitled"),
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
        ("Alien", None, None),
        ("", None, None),
    ],
)
def test_a_title_is_found(written, year, title):
    position = find_title(written, year, KEYS, YEARS)
    assert (None if position is None else TITLES[position]) == title


def test_a_title_that_no_movie_has_names_similar_ones():
    with pytest.raises(ReelhouseError, match=r"called Schindler List: did you mean Schindler's"):
        require_title("Schindler List", KEYS, TITLES, YEARS)
    with pytest.raises(ReelhouseError, match="type the title as in"):
        require_title("Zzz", KEYS, TITLES, YEARS)
