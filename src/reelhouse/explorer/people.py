"""The pages about people: their ratings, their lists, and why a movie is or is not in a list."""

from __future__ import annotations

from collections import Counter
from statistics import fmean
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from reelhouse.explorer.answers import (
    Comparison,
    History,
    MovieCard,
    Picks,
    Rated,
    Taste,
    User,
    UserCard,
    UserPage,
    WhyNot,
)
from reelhouse.explorer.lists import Filters, filters_of_query
from reelhouse.explorer.state import LakeState
from reelhouse.explorer.user_lists import (
    compared_lists,
    ratings_of_user,
    require_user,
    user_list,
    why_not_listed,
)
from reelhouse.lake.parameters import text_literal
from reelhouse.project import built_protocols
from reelhouse.serve.api import Id

SearchedId = Annotated[str, Query(pattern=r"^[^\x00]*$")]
"""The start of the id of a user; a query cannot have NUL."""
SUGGESTED = 8
"""Number of users whom the first page offers."""
USERS = "select user_id, source_id, gender, occupation, age, rating_count, mean_rating from users"
SUGGESTIONS = f"""
    select * exclude (part, place) from (
        select *, row_number() over (partition by part order by rating_count desc, user_id) as place
        from (
            select *, ntile({SUGGESTED}) over (order by rating_count desc, user_id) as part
            from ({USERS}) where rating_count > 0
        )
    ) where place = 1 order by rating_count desc
"""
TOPS = """
    select user_id, movie_id from recommendations where user_id in ({users}) and rank <= 3
    order by user_id, rank
"""
ORDERS = {
    "newest": "rated_at desc nulls last, movie_id",
    "best": "rating desc nulls last, rated_at desc nulls last, movie_id",
    "worst": "rating nulls last, rated_at desc nulls last, movie_id",
}
HISTORY = """
    select i.movie_id, i.rating, i.rated_at, p.prediction, p.interval_lower, p.interval_upper
    from interactions i left join ({predictions}) p using (movie_id)
    where i.user_id = {user} order by {order} limit {limit} offset {offset}
"""
TOTAL = "select count(*) as total from interactions where user_id = {user}"
NO_PREDICTIONS = (
    "select null::bigint as movie_id, null::double as prediction, null::double as interval_lower,"
    " null::double as interval_upper limit 0"
)
PREDICTIONS = """
    select movie_id, max(prediction) as prediction, max(interval_lower) as interval_lower,
    max(interval_upper) as interval_upper from predictions
    where user_id = {user} and protocol = {protocol} and algorithm = (
        select algorithm from served_algorithms where use = 'rating'
    ) group by movie_id
"""


def people_routes(state: LakeState) -> APIRouter:
    """Return the routes below /api/users."""
    routes = APIRouter(prefix="/api/users")

    @routes.get("")
    async def find_users(search: SearchedId = "") -> list[UserCard]:
        """Find users by the start of their ids; without a text, some of every activity."""
        return await state.run(_find_users, search)

    @routes.get("/{user_id}")
    async def user(user_id: Id) -> UserPage:
        """Return a user, the genres of the rated movies, and how often each rating was given."""
        return await state.run(_user_page, user_id)

    @routes.get("/{user_id}/ratings")
    async def ratings(
        user_id: Id,
        order: Annotated[str, Query(pattern="^(newest|best|worst)$")] = "newest",
        limit: Annotated[int, Query(ge=1, le=1000)] = 12,
        offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    ) -> History:
        """Return ratings of a user; those of test rows have the rating that was predicted."""
        return await state.run(_history, user_id, order, limit, offset)

    @routes.get("/{user_id}/list")
    async def picks(
        user_id: Id,
        filters: Annotated[Filters, Depends(filters_of_query)],
        is_long: bool = False,
    ) -> Picks:
        """Return the list of a user, with reasons; a long or a filtered one is computed at once."""
        return await state.run(user_list, user_id, filters, is_long)

    @routes.get("/{user_id}/why/{movie_id}")
    async def why_not(user_id: Id, movie_id: Id) -> WhyNot:
        """Say why a movie is in the list of a user, or why it is not."""
        return await state.run(why_not_listed, user_id, movie_id)

    @routes.get("/{user_id}/comparison")
    async def comparison(user_id: Id, left: str, right: str) -> Comparison:
        """Return the lists of two algorithms that were fitted without the test rows."""
        return await state.run(compared_lists, user_id, left, right)

    return routes


def _find_users(state: LakeState, search: str) -> list[UserCard]:
    text = search.strip()
    query = SUGGESTIONS
    if text:
        query = (
            f"{USERS} where starts_with(lower(source_id), {text_literal(text.lower())})"
            " order by length(source_id), source_id limit 24"
        )
    found, movies = state.rows(query), state.movies()
    ids = ", ".join(str(row["user_id"]) for row in found)
    tops: dict[int, list[MovieCard]] = {row["user_id"]: [] for row in found}
    for row in state.rows(TOPS.format(users=ids)) if found else ():
        tops[row["user_id"]].append(movies[row["movie_id"]])
    return [UserCard(**dict(_user(row)), top=tops[row["user_id"]]) for row in found]


def _user(row: dict[str, Any]) -> User:
    described = [row["age"], row["gender"], row["occupation"]]
    return User(
        user_id=row["user_id"],
        source_id=row["source_id"],
        description=", ".join(str(value) for value in described if value is not None),
        count=row["rating_count"],
        mean=row["mean_rating"],
    )


def _user_page(state: LakeState, user_id: int) -> UserPage:
    row = require_user(state, user_id)
    ratings, movies = ratings_of_user(state, user_id), state.movies()
    counts = Counter(rating for rating in ratings.values() if rating is not None)
    genres: dict[str, list[float | None]] = {}
    for movie_id, rating in ratings.items():
        for genre in movies[movie_id].genres:
            genres.setdefault(genre, []).append(rating)
    return UserPage(
        user=_user(row),
        first_rated_at=row["first_rated_at"],
        last_rated_at=row["last_rated_at"],
        tastes=sorted(
            (_taste(genre, given) for genre, given in genres.items()),
            key=lambda taste: (-taste.count, taste.genre),
        ),
        distribution=sorted(counts.items()),
    )


def _taste(genre: str, ratings: list[float | None]) -> Taste:
    given = [rating for rating in ratings if rating is not None]
    return Taste(genre=genre, count=len(ratings), mean=fmean(given) if given else None)


def _history(state: LakeState, user_id: int, order: str, limit: int, offset: int) -> History:
    predictions = NO_PREDICTIONS
    if state.has_tables(["predictions", "served_algorithms"]):
        protocol = text_literal(built_protocols()[0])
        predictions = PREDICTIONS.format(user=user_id, protocol=protocol)
    query = HISTORY.format(
        predictions=predictions, user=user_id, order=ORDERS[order], limit=limit, offset=offset
    )
    rows, movies = state.rows(query), state.movies()
    (counted,) = state.rows(TOTAL.format(user=user_id))
    if not counted["total"]:
        require_user(state, user_id)
    return History(
        total=counted["total"],
        ratings=[
            Rated(
                movie=movies[row["movie_id"]],
                rating=row["rating"],
                rated_at=row["rated_at"],
                predicted=row["prediction"],
                lower=row["interval_lower"],
                upper=row["interval_upper"],
            )
            for row in rows
        ],
    )
