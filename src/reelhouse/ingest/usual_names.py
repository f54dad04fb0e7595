"""Usual names of the columns of ratings and movies, by which the columns are recognised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "ratings": {
        "user_id": (
            *("userid", "user", "uid", "usernum", "customerid", "customer", "reviewerid"),
            *("visitorid", "clientid", "memberid", "username", "reviewprofilename"),
            *("profilename", "sessionid", "session"),
        ),
        "movie_id": (
            *("movieid", "movie", "filmid", "itemid", "item", "iid", "itemnum", "productid"),
            *("product", "bookid", "parentasin", "asin", "isbn", "sku", "artistid", "trackid"),
            *("songid", "gameid", "appid", "animeid", "recipeid", "jokeid", "businessid"),
            *("placeid", "venueid", "locationid", "poiid", "gmapid", "videoid", "articleid"),
            *("newsid", "workid", "work", "courseid", "bookmarkid", "beerid", "beerbeerid"),
            "stockcode",
        ),
        "rating": (
            *("rating", "ratings", "stars", "star", "score", "overall", "bookrating"),
            *("starrating", "userrating", "ratingval", "ratingvalue", "reviewoverall"),
            *("reviewscore", "reviewrating"),
        ),
        "strength": (
            *("strength", "plays", "playcount", "listens", "listencount", "views", "hours"),
            *("playhours", "minutes", "quantity", "qty", "count", "weight"),
        ),
        "rated_at": (
            *("timestamp", "ratedat", "unixreviewtime", "unixtime", "unixtimestamp", "timems"),
            *("utctimestamp", "time", "ts", "date", "createdat", "reviewtime", "datetime"),
            *("eventtime", "eventdate", "invoicedate", "orderdate", "purchasedate", "reviewdate"),
            *("checkintime", "dateadded"),
        ),
        "split": ("split", "subset", "set"),
    },
    "movies": {
        "movie_id": ("movieid", "movie", "itemid", "item", "id", "productid", "bookid"),
        "title": (
            *("title", "movietitle", "booktitle", "originaltitle", "name", "itemname"),
            *("productname", "prodname", "artistname", "gamename"),
        ),
        "genres": ("genres", "genre", "categories", "category"),
    },
    "links": {"movie_id": ("movieid",), "imdb_id": ("imdbid",), "tmdb_id": ("tmdbid",)},
    "tags": {"movie_id": ("movieid",), "tag": ("tag",)},
}
"""Role → our column → its usual names, of lower-case letters and digits only."""

OPTIONAL = ("rating", "strength", "rated_at", "split", "title", "genres", "tmdb_id")
REQUIRED = tuple(name for name in COLUMNS["ratings"] if name not in OPTIONAL)
"""Columns that ratings must have."""


def simplified(name: str) -> str:
    """Return the lower-case letters and digits of a name, without a type as in ``id:token``."""
    return re.sub(r"[^a-z0-9]", "", name.partition(":")[0].lower())


def columns_named(names: Sequence[str], usual: Sequence[str]) -> Iterator[str]:
    """Yield the columns that have a usual name, in the order of the usual names.

    A name may have a prefix, as in ``review/score``.
    """
    for alias in usual:
        for name in names:
            prefix, _, last = name.rpartition("/")
            if simplified(name) == alias or (prefix and simplified(last) == alias):
                yield name


def has_required(names: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Return whether users and movies have usual names, or names in a mapping."""
    return all(
        ours in mapping or any(columns_named(names, COLUMNS["ratings"][ours])) for ours in REQUIRED
    )
