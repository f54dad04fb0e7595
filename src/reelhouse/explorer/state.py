"""What all pages of the explorer read: the served version of a lake, and queries on its tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from reelhouse.errors import ReelhouseError
from reelhouse.explorer.answers import Movie
from reelhouse.lake.releases import newest_release
from reelhouse.lake.session import LakeSession
from reelhouse.project import project_vars
from reelhouse.serve.api import Served
from reelhouse.serve.recommender import Recommender
from reelhouse.serve.titles import short_title

MOVIES = """
    select movie_id, title, genres, release_year, rating_count, mean_rating from movies
"""
Result = TypeVar("Result")


class Explored:
    """A lake that is served, with one connection for the queries of all pages."""

    def __init__(self, lake: Path, current: Callable[[], Served]) -> None:
        """Open the lake; ``current`` returns the served version."""
        self.lake = lake
        self._current = current
        self._session = LakeSession(lake)
        self._lock = threading.Lock()
        self._cached: dict[str, tuple[str, Any]] = {}
        # A slow query of one page must not stop the API, which has threads of its own.
        self._one_at_a_time = CapacityLimiter(1)

    @property
    def served(self) -> Served:
        """Return the served version of the lake."""
        return self._current()

    @property
    def recommender(self) -> Recommender:
        """Return the recommender of the served version."""
        return self._current().recommender

    @property
    def item_word(self) -> str:
        """Return the word for a movie, such as product."""
        return str(project_vars()["item_word"])

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function that queries the lake, in a thread."""
        call = partial(function, self, *arguments)
        return await to_thread.run_sync(call, limiter=self._one_at_a_time)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query.

        Raises
        ------
        ReelhouseError
            The query fails, as it does if a table is missing.
        """
        with self._lock:
            return self._session.rows(sql)

    def call(self, function: Callable[[LakeSession], Result]) -> Result:
        """Return what a function of the session returns."""
        with self._lock:
            return function(self._session)

    def has_tables(self, names: Iterable[str]) -> bool:
        """Return whether the lake has all of some tables."""
        return set(names) <= set(self._session.catalog.names())

    def require_tables(self, *names: str) -> None:
        """Raise ReelhouseError if the lake lacks one of some tables."""
        missing = sorted(set(names) - set(self._session.catalog.names()))
        if missing:
            raise ReelhouseError(f"the lake has no {', '.join(missing)}: run `make build`")

    def once(self, name: str, read: Callable[[Explored], Result]) -> Result:
        """Return what ``read`` returns; it is called once for each version of the lake."""
        version = f"{self.recommender.version} {newest_release(self.lake)}"
        cached = self._cached.get(name)
        if cached is None or cached[0] != version:
            cached = version, read(self)
            self._cached[name] = cached
        result: Result = cached[1]
        return result

    def movies(self) -> dict[int, Movie]:
        """Return all movies of the lake by their ids."""
        return self.once("movies", _read_movies)


def _read_movies(explored: Explored) -> dict[int, Movie]:
    return {
        row["movie_id"]: Movie(
            movie_id=row["movie_id"],
            title=short_title(row["title"]),
            year=row["release_year"],
            genres=genre_names(row["genres"]),
            count=row["rating_count"],
            mean=row["mean_rating"],
        )
        for row in explored.rows(MOVIES)
    }


def genre_names(text: str | None) -> list[str]:
    """Return the genres of a movie, which the lake joins by ``|``."""
    return [name for name in (text or "").split("|") if name]


def scale_of(recommender: Recommender) -> dict[str, Any]:
    """Return the row of int_rating_scale."""
    scale: dict[str, Any] = recommender.facts["scale"]
    return scale
