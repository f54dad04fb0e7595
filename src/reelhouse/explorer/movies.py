"""The pages about movies: search, ratings, popularity over time, and similar movies."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from reelhouse.explorer.answers import MovieCard, MoviePage, Place, Similar
from reelhouse.explorer.catalogue_map import read_map
from reelhouse.explorer.lists import Filters, filters_of_query
from reelhouse.explorer.state import LakeState
from reelhouse.serve.api import Id, found_positions

MOST_MOVIES = 60
MOVIE = """
    select title, tags, imdb_id, tmdb_id, rating_count,
    (select count(*) from movies o where o.rating_count > m.rating_count) + 1 as place
    from movies m where movie_id = {movie}
"""
DISTRIBUTION = """
    select rating, count(*) as n from interactions
    where movie_id = {movie} and rating is not null group by rating order by rating
"""
MONTHS = """
    with months as (
        select date_trunc('month', rated_at) as month, count(*) as n from interactions
        where movie_id = {movie} and rated_at is not null group by 1
    ),
    ends as (
        select date_trunc('month', min(rated_at)) as first,
        date_trunc('month', max(rated_at)) as last from interactions
    )
    select strftime(each.month, '%Y-%m') as month, coalesce(n, 0) as n
    from (select unnest(generate_series(first, last, interval 1 month)) as month from ends) each
    left join months using (month) order by 1
"""
SIMILAR = """
    select similar_movie_id, similarity from similar_movies where movie_id = {movie} order by rank
"""


def movie_routes(state: LakeState) -> APIRouter:
    """Return the routes below /api/catalogue."""
    routes = APIRouter(prefix="/api/catalogue")

    @routes.get("")
    async def find(
        search: str = "",
        genre: Annotated[list[str] | None, Query()] = None,
        first_year: int | None = None,
        last_year: int | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = MOST_MOVIES,
    ) -> list[MovieCard]:
        """Find movies by a part of their titles, genres and years; the most rated come first."""
        filters = filters_of_query(genre, first_year, last_year)
        return await state.run(_find, search, filters, limit)

    @routes.get("/map")
    async def catalogue_map() -> list[Place]:
        """Return the most rated movies on a map, where similar movies are near each other."""
        return await state.run(lambda each: each.cached("map", read_map))

    @routes.get("/{movie_id}")
    async def movie(movie_id: Id) -> MoviePage:
        """Return a movie, its ratings, its popularity by month, and similar movies."""
        return await state.run(_movie_page, movie_id)

    return routes


def _find(state: LakeState, search: str, filters: Filters, limit: int) -> list[MovieCard]:
    movies, ids = state.movies(), state.recommender.movie_ids
    found = (movies[ids[position]] for position in found_positions(state.version, search))
    matching = (each for each in found if filters.matches(each.genres, each.year))
    return list(islice(matching, limit))


def _movie_page(state: LakeState, movie_id: int) -> MoviePage:
    movies = state.movies()
    if movie_id not in movies:
        raise HTTPException(404, f"no movie has the id {movie_id}")

    def rows(query: str) -> list[dict[str, Any]]:
        return state.rows(query.format(movie=movie_id))

    (described,) = rows(MOVIE)
    return MoviePage(
        movie=movies[movie_id],
        full_title=described["title"],
        tags=[tag for tag in (described["tags"] or "").split("|") if tag],
        imdb_id=described["imdb_id"],
        tmdb_id=described["tmdb_id"],
        place=described["place"] if described["rating_count"] else None,
        distribution=[(row["rating"], row["n"]) for row in rows(DISTRIBUTION)],
        months=[(row["month"], row["n"]) for row in rows(MONTHS) if row["month"]],
        similar=[
            Similar(movie=movies[row["similar_movie_id"]], similarity=row["similarity"])
            for row in rows(SIMILAR)
        ],
    )
