"""The HTTP API: stored lists, similar movies, and lists for people who are not in the lake."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Annotated, Any, NamedTuple

from anyio import to_thread
from fastapi import FastAPI, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from threadpoolctl import threadpool_limits

from reelhouse.errors import ReelhouseError
from reelhouse.lake.cluster import Lake
from reelhouse.lake.releases import newest_release
from reelhouse.serve.follower import VersionKey, follow
from reelhouse.serve.recommender import Recommender, read_snapshot
from reelhouse.serve.request_rules import add_rules
from reelhouse.serve.snapshot import STORED_LISTS, Snapshot
from reelhouse.serve.stored_rows import Arrays, json_of_key
from reelhouse.serve.titles import plain_title, require_title

MOST_LISTS_AT_ONCE = max(os.cpu_count() or 1, 2)
"""Number of threads that compute lists; others wait, since more threads than cores are slower."""
MOST_RATINGS = 5000
"""Largest number of ratings in a request."""
MOST_LISTED = 1000
"""Largest number of movies in an answer."""


Id = Annotated[int, Path(ge=-(2**63), lt=2**63)]
"""Id of a movie or user in a path; tables have 64 bits for it."""


class Movie(BaseModel):
    """A movie with a rating."""

    movie_id: int
    source_id: str
    title: str
    genres: str | None
    release_year: int | None
    rating_count: int
    imdb_id: str | None
    tmdb_id: int | None


class Body(BaseModel):
    """The body of a request: a misspelt name or another type is refused, so nothing is ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Rating(Body):
    """A movie by its id or title, and the rating; without a rating, the movie counts as liked."""

    movie_id: int | None = None
    title: str | None = None
    rating: float | None = None


class Person(Body):
    """The ratings of a person, and the length of the list."""

    ratings: Annotated[list[Rating], Field(min_length=1, max_length=MOST_RATINGS)]
    count: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 10


class Recommended(BaseModel):
    """A movie of a list for a person."""

    rank: int
    movie_id: int
    source_id: str
    title: str
    genres: str | None
    score: float
    strategy: str
    reason: str


class LakeVersion(NamedTuple):
    """One version of the lake."""

    recommender: Recommender
    lists: dict[str, Arrays]
    plain_titles: list[str]
    positions: dict[int, int]
    """Position of each movie id in the facts of the recommender."""
    release: int | None
    """The release with these tables; None for a lake without releases."""

    @property
    def key(self) -> VersionKey:
        """Return the release and the hash of the tables, by which versions are compared."""
        return self.release, self.recommender.version


def create_app(lake: Lake) -> FastAPI:
    """Return the API of a lake, which takes a new version of the lake within a second or two.

    Requests that run meanwhile use the old version, whose files stay mapped.

    Raises
    ------
    ReelhouseError
        There is no lake, or it lacks a table.
    """
    served = read_version(lake)
    _freeze_objects()
    opened = ExitStack()  # closed when the server ends

    async def take() -> VersionKey:
        nonlocal served
        served = await asyncio.to_thread(read_version, lake)
        _freeze_objects()
        return served.key

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = MOST_LISTS_AT_ONCE
        following = asyncio.create_task(follow(lake, served.key, take))
        with threadpool_limits(1), opened:
            yield
        following.cancel()

    # The pages of FastAPI load scripts from another site.
    app = FastAPI(title="Reelhouse", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.current = lambda: served
    app.state.opened = opened
    add_rules(app)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        """Say which version of the lake is served, and which algorithm ranks."""
        recommender = served.recommender
        algorithm = recommender.facts["algorithm"]
        return {"status": "ok", "version": recommender.version, "algorithm": algorithm}

    @app.get("/api/movies")
    async def search_movies(
        search: str, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20
    ) -> list[Movie]:
        """Find the movies whose titles have the searched text; the most rated ones come first."""
        return _found_movies(served, search, limit)

    @app.get("/api/movies/{movie_id}/similar", response_model=list[dict[str, Any]])
    async def similar_movies(movie_id: Id) -> Response:
        """Return the row of each similar movie in the table similar_movies."""
        current = served
        if movie_id not in current.positions:
            raise HTTPException(404, f"no movie with a rating has the id {movie_id}")
        listed = json_of_key(current.lists["similar_movies"], movie_id)
        return Response(listed or b"[]", media_type="application/json")

    @app.get("/api/users/{user_id}/recommendations", response_model=list[dict[str, Any]])
    async def user_recommendations(user_id: Id) -> Response:
        """Return the list of a user in the table recommendations."""
        listed = json_of_key(served.lists["recommendations"], user_id)
        if not listed:
            raise HTTPException(404, f"no user has the id {user_id}")
        return Response(listed, media_type="application/json")

    @app.post("/api/recommendations")
    def recommend(person: Person) -> list[Recommended]:
        """Recommend movies to a person who is not in the lake; nothing is stored."""
        return _recommend(served, person)

    return app


def read_version(lake: Lake) -> LakeVersion:
    """Read the current version of a lake.

    Raises
    ------
    ReelhouseError
        There is no lake, or it lacks a table.
    """
    snapshot, release = _snapshot_of_release(lake)
    recommender = Recommender(snapshot)
    lists = {
        table: {
            name.removeprefix(f"{table}."): array
            for name, array in snapshot.arrays.items()
            if name.startswith(f"{table}.")
        }
        for table in STORED_LISTS
    }
    positions = {movie_id: i for i, movie_id in enumerate(recommender.movie_ids)}
    return LakeVersion(recommender, lists, snapshot.facts["plain_titles"], positions, release)


def _snapshot_of_release(lake: Lake) -> tuple[Snapshot, int | None]:
    """Return the snapshot of the newest release, and the number of this release."""
    while True:
        release = newest_release(lake)
        snapshot = read_snapshot(lake)
        if newest_release(lake) == release:  # otherwise the snapshot may be of the next release
            return snapshot, release


def _freeze_objects() -> None:
    """Keep the garbage collector away from the facts of a version.

    A collection visits every object and delays requests meanwhile; frozen objects are not visited.
    """
    gc.collect()  # garbage would be frozen, too
    gc.freeze()


def found_positions(version: LakeVersion, text: str) -> list[int]:
    """Return the positions of the movies whose titles have a text, the most rated ones first."""
    wanted, counts = plain_title(text), version.recommender.counts
    if text.strip() and not wanted:  # a text of marks alone
        return []
    found = [i for i, title in enumerate(version.plain_titles) if wanted in title]
    return sorted(found, key=lambda position: -counts[position])


def _found_movies(version: LakeVersion, text: str, limit: int) -> list[Movie]:
    facts, counts = version.recommender.facts, version.recommender.counts
    return [
        Movie(
            movie_id=version.recommender.movie_ids[position],
            source_id=facts["source_ids"][position],
            title=facts["titles"][position],
            genres=facts["genres"][position],
            release_year=facts["years"][position],
            rating_count=counts[position],
            imdb_id=facts["imdb_ids"][position],
            tmdb_id=facts["tmdb_ids"][position],
        )
        for position in found_positions(version, text)[:limit]
    ]


def _recommend(version: LakeVersion, person: Person) -> list[Recommended]:
    listed = version.recommender.recommend(checked_ratings(version, person.ratings), person.count)
    return [Recommended(**each._asdict()) for each in listed]


def checked_ratings(version: LakeVersion, given_ratings: list[Rating]) -> dict[int, float | None]:
    """Return the ratings of a request by movie id; refuse unknown movies and invalid ratings."""
    facts, scale = version.recommender.facts, version.recommender.facts["scale"]
    ratings: dict[int, float | None] = {}
    for number, given in enumerate(given_ratings, start=1):
        movie_id = given.movie_id
        if movie_id is None:
            if given.title is None:
                raise HTTPException(422, f"rating {number}: name its movie_id or its title")
            try:
                position = require_title(
                    given.title, facts["keys"], facts["titles"], facts["years"]
                )
            except ReelhouseError as error:
                raise HTTPException(422, f"rating {number}: {error}") from error
            movie_id = version.recommender.movie_ids[position]
        if movie_id not in version.positions:
            raise HTTPException(422, f"rating {number}: no movie with a rating has this id")
        rating = given.rating if scale["has_ratings"] else None
        if rating is not None and not scale["rating_min"] <= rating <= scale["rating_max"]:
            limits = f"{scale['rating_min']:g} to {scale['rating_max']:g}"
            raise HTTPException(422, f"rating {number}: {rating:g} is not from {limits}")
        ratings[movie_id] = rating
    return ratings
