"""The served version of a lake, which all pages of the explorer read, and queries on its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from reelhouse.errors import ReelhouseError
from reelhouse.explorer.answers import MovieCard
from reelhouse.lake.catalog import PUBLISHED, NoLakeError
from reelhouse.lake.cluster import Lake
from reelhouse.lake.session import LakeSession
from reelhouse.serve.api import LakeVersion
from reelhouse.serve.recommender import Recommender
from reelhouse.serve.titles import genre_names, short_title

MOVIES = """
    select movie_id, title, genres, release_year, rating_count, mean_rating from movies
"""
Result = TypeVar("Result")


class LakeState:
    """A lake that is served, with one connection for the queries of all pages.

    A function that ``run`` calls reads one version of the lake: the tables of a release, and the
    recommender that was read from them.
    """

    def __init__(self, lake: Lake, current: Callable[[], LakeVersion]) -> None:
        """Take the served version, which ``current`` returns; the first query opens the lake."""
        self.lake = lake
        self.served = current
        """Returns the version that is served now."""
        self._session: LakeSession | None = None
        self._cached: dict[str, Any] = {}
        # A slow query of one page must not stop the API, which has threads of its own.
        self._one_at_a_time = CapacityLimiter(1)
        self._take(current())

    def _take(self, version: LakeVersion) -> None:
        """Read this version from now on."""
        self.version = version
        self._read(f"r{version.release}" if version.release else PUBLISHED)

    def _read(self, catalog: str) -> None:
        """Read the tables of this catalog from now on."""
        self.close()
        self._catalog = catalog
        self._cached.clear()

    def close(self) -> None:
        """Close the session on the lake; the next query opens another one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def session(self) -> LakeSession:
        """Return the session on the release of the version."""
        if self._session is None:
            self._session = LakeSession(self.lake, catalog=self._catalog)
        return self._session

    @property
    def recommender(self) -> Recommender:
        """Return the recommender of the version."""
        return self.version.recommender

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function that queries the lake, in a thread; one function runs at a time."""
        call = partial(function, self, *arguments)
        return await to_thread.run_sync(self._on_one_version, call, limiter=self._one_at_a_time)

    def _on_one_version(self, call: Callable[[], Result]) -> Result:
        """Call a function on the version that is served at its start."""
        if (version := self.served()) is not self.version:
            self._take(version)
        try:
            return call()
        except NoLakeError:
            # The release is not kept any more, and the API has not yet taken a newer one.
            self._read(PUBLISHED)
            return call()
        finally:
            if self._session is not None and self._session.damage:
                # DuckDB would not read the file again after its repair, and answers may lack rows.
                self._read(self._catalog)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query.

        Raises
        ------
        ReelhouseError
            The query fails, as it does if a table is missing.
        """
        return self.session.rows(sql)

    def has_tables(self, names: Iterable[str]) -> bool:
        """Return whether the lake has all of some tables."""
        return set(names) <= set(self.session.catalog.names())

    def require_tables(self, *names: str) -> None:
        """Raise ReelhouseError if the lake lacks one of some tables."""
        missing = sorted(set(names) - set(self.session.catalog.names()))
        if missing:
            raise ReelhouseError(f"the lake has no {', '.join(missing)}: run `make build`")

    def cached(self, name: str, read: Callable[[LakeState], Result]) -> Result:
        """Return what ``read`` returns; it is called once for each version of the lake."""
        if name not in self._cached:
            self._cached[name] = read(self)
        result: Result = self._cached[name]
        return result

    def movies(self) -> dict[int, MovieCard]:
        """Return all movies of the lake by their ids."""
        return self.cached("movies", _read_movies)


def _read_movies(state: LakeState) -> dict[int, MovieCard]:
    return {
        row["movie_id"]: MovieCard(
            movie_id=row["movie_id"],
            title=short_title(row["title"]),
            year=row["release_year"],
            genres=genre_names(row["genres"]),
            count=row["rating_count"],
            mean=row["mean_rating"],
        )
        for row in state.rows(MOVIES)
    }


def scale_of(recommender: Recommender) -> dict[str, Any]:
    """Return the row of int_rating_scale."""
    scale: dict[str, Any] = recommender.facts["scale"]
    return scale
