"""Find movies by their titles, as people write them, and split the texts of their genres.

The page from disk has the same rules for titles (page/titles.js).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from reelhouse.errors import ReelhouseError

# Without (?<!\s), the time is quadratic in the number of spaces.
_YEAR = re.compile(r"(?<!\s)\s*\((\d{4})\)\s*$")
_ARTICLE = "the|an?|les?|la|l'|un|une|il|lo|gli|el|los|las|der|die|das|den|det|en|ett?"
# The macro short_title has the same articles.
_LAST_ARTICLE = re.compile(rf"^(.*?), ({_ARTICLE})(?=$| \()", re.IGNORECASE | re.DOTALL)
_FIRST_ARTICLE = re.compile(r"^(?:the|an?) ")
_IN_PARENTHESES = re.compile(r"\s*\(([^()]*)\)")
_APOSTROPHE = re.compile("['\u2019]")
_ALIAS = re.compile(r"^a\.?k\.?a\.? ", re.IGNORECASE)

Keys = Mapping[str, Sequence[int]]
"""Positions of movies by key, the movie with the most ratings first."""


def split_year(title: str) -> tuple[str, int | None]:
    """Return a title without the year in parentheses at its end, and the year.

    >>> from reelhouse.serve.titles import split_year
    >>> split_year("Alien (1979)")
    ('Alien', 1979)
    """
    found = _YEAR.search(title)
    return (title[: found.start()], int(found[1])) if found else (title, None)


def short_title(title: str) -> str:
    """Return a title without its year, and with its article in front.

    >>> from reelhouse.serve.titles import short_title
    >>> short_title("Rock, The (1996)")
    'The Rock'
    """
    return _with_first_article(split_year(title)[0]) or title


def title_keys(title: str) -> list[str]:
    """Return the keys under which a title is found.

    >>> from reelhouse.serve.titles import title_keys
    >>> title_keys("Seven (a.k.a. Se7en) (1995)")
    ['seven a k a se7en', 'se7en', 'seven']
    >>> title_keys("Rock, The (1996)")
    ['the rock', 'rock']
    """
    name, _ = split_year(title)
    aliases = [_ALIAS.sub("", alias) for alias in _IN_PARENTHESES.findall(name)]
    keys = {plain_title(text) for text in (name, _IN_PARENTHESES.sub("", name), *aliases)}
    keys |= {_FIRST_ARTICLE.sub("", key) for key in keys}
    return sorted(keys - {""}, key=lambda key: (-len(key.split()), key))


def find_title(title: str, year: int | None, keys: Keys, years: Sequence[int | None]) -> int | None:
    """Return the position of the movie with a title, or None.

    If several movies have the title, the year decides; without a year, the movie with the most
    ratings is returned. The year may differ by one, since sources disagree.
    """
    name, year_in_title = split_year(title)
    year = year or year_in_title
    positions = keys.get(plain_title(name), ())
    if year is None:
        return next(iter(positions), None)
    near = [position for position in positions if abs((years[position] or year) - year) <= 1]
    return min(near, key=lambda position: years[position] != year, default=None)


def require_title(
    title: str, keys: Keys, titles: Sequence[str], years: Sequence[int | None]
) -> int:
    """Return the position of the movie with a title.

    Raises
    ------
    ReelhouseError
        No movie has the title; the message names similar ones.
    """
    position = find_title(title, None, keys, years)
    if position is not None:
        return position
    near = difflib.get_close_matches(plain_title(split_year(title)[0]), keys, n=3, cutoff=0.6)
    found = dict.fromkeys(titles[keys[key][0]] for key in near)
    hint = f"did you mean {' or '.join(found)}?" if found else "type the title as in table movies"
    raise ReelhouseError(f"no movie with a rating is called {title}: {hint}")


def plain_title(title: str) -> str:
    """Return the words of a title without case, accents and marks, with the article in front."""
    title = _with_first_article(title.strip())
    normal = unicodedata.normalize("NFKD", title)
    plain = "".join(c for c in normal if not unicodedata.category(c).startswith("M"))
    return " ".join(re.findall(r"\w+", _APOSTROPHE.sub("", plain.casefold().replace("&", " and "))))


def genre_names(text: str | None) -> list[str]:
    """Return the genres of a movie, which the lake joins by ``|``.

    >>> from reelhouse.serve.titles import genre_names
    >>> genre_names("Drama|War")
    ['Drama', 'War']
    """
    return [name for name in (text or "").split("|") if name]


def _with_first_article(title: str) -> str:
    """Return `The Rock` for `Rock, The`, and `L'Enfer` for `Enfer, L'`."""
    found = _LAST_ARTICLE.search(title)
    if not found:
        return title
    gap = "" if found[2].endswith("'") else " "
    return f"{found[2]}{gap}{found[1]}{title[found.end() :]}"
