"""The page for people who are not in the lake: a first screen, files of ratings, and their list."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException, Request
from pydantic import Field

from reelhouse.errors import ReelhouseError
from reelhouse.explorer.answers import FileRating, FileRatings, MovieCard, Picks
from reelhouse.explorer.first_movies import first_movies
from reelhouse.explorer.lists import Filters, computed_list
from reelhouse.explorer.state import LakeState
from reelhouse.serve.api import MOST_RATINGS, Body, LakeVersion, Rating, checked_ratings
from reelhouse.serve.rating_files import LARGEST_FILE, PersonalRatings, ratings_of_content


class Wish(Body):
    """The ratings of a person, and the filters of the list; without ratings, it is popular."""

    ratings: Annotated[list[Rating], Field(max_length=MOST_RATINGS)]
    genres: list[str] = Field(default_factory=list)
    first_year: int | None = None
    last_year: int | None = None


def visitor_routes(state: LakeState) -> APIRouter:
    """Return the routes for people who are not in the lake."""
    routes = APIRouter(prefix="/api")
    files_limiter = CapacityLimiter(1)  # the pages need not wait for a file

    @routes.get("/first-screen")
    async def first_screen() -> list[MovieCard]:
        """Return movies to rate first: popular ones that differ from each other."""
        return await state.run(lambda each: each.cached("first screen", first_movies))

    @routes.post("/recommendations/explained")
    async def explained(wish: Wish) -> Picks:
        """Recommend movies to a person, with filters, and say what each rating adds to a score."""
        return await state.run(_list_of_wish, wish)

    @routes.post("/ratings-file")
    async def ratings_file(request: Request, name: str = "the file") -> FileRatings:
        """Find the ratings of a CSV or zip file, which is the body; nothing is stored."""
        content = bytearray()
        async for part in request.stream():
            content += part
            if len(content) > LARGEST_FILE:
                size = f"{LARGEST_FILE // 10**6} MB"
                raise HTTPException(413, f"{name} is larger than {size}: keep a part of its rows")
        read = partial(_ratings_of_file, state.served(), bytes(content), name)
        found = await to_thread.run_sync(read, limiter=files_limiter)
        return await state.run(_described, found)

    return routes


def _list_of_wish(state: LakeState, wish: Wish) -> Picks:
    filters = Filters(frozenset(wish.genres), wish.first_year, wish.last_year)
    return computed_list(state, checked_ratings(state.version, wish.ratings), filters)


def _ratings_of_file(version: LakeVersion, content: bytes, name: str) -> PersonalRatings:
    recommender = version.recommender
    try:
        found = ratings_of_content(content, name, recommender.facts, recommender.movie_ids)
    except ReelhouseError as error:
        raise HTTPException(422, str(error)) from error
    if len(found.ratings) > MOST_RATINGS:
        given = f"{name} has {len(found.ratings):,} ratings of known titles"
        raise HTTPException(422, f"{given}: keep at most {MOST_RATINGS:,} of them")
    return found


def _described(state: LakeState, found: PersonalRatings) -> FileRatings:
    movies = state.movies()
    return FileRatings(
        ratings=[
            FileRating(movie=movies[movie_id], rating=_shown_rating(state, rating))
            for movie_id, rating in found.ratings.items()
            if movie_id in movies  # a new version of the lake may lack it
        ],
        unknown=found.unknown,
    )


def _shown_rating(state: LakeState, rating: float | None) -> float | None:
    """Return a rating; a movie that is liked without a rating has the highest one."""
    scale = state.recommender.facts["scale"]
    return scale["rating_max"] if rating is None and scale["has_ratings"] else rating
