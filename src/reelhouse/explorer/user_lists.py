"""Lists of a user of the lake: why a movie is or is not in it, and the lists of two algorithms."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from fastapi import HTTPException

from reelhouse.explorer.answers import (
    Comparison,
    Contribution,
    ListedMovie,
    Pick,
    Picks,
    WhyNot,
)
from reelhouse.explorer.lists import (
    Filters,
    Ratings,
    computed_list,
    parts_of,
    place_of,
)
from reelhouse.explorer.predictions import predicted_ratings
from reelhouse.explorer.state import LakeState
from reelhouse.lake.parameters import text_literal
from reelhouse.project import built_protocols
from reelhouse.serve.recommender import Scored
from reelhouse.serve.titles import short_title

COMPARED = """
    select l.algorithm, l.movie_id, t.rating, coalesce(t.is_relevant, false) as is_hit
    from evaluated_recommendations l left join (
        select movie_id, rating, is_relevant from rating_splits where {tested}
    ) t using (movie_id)
    where l.user_id = {user} and l.protocol = {protocol} and l.fold = 0
    and l.algorithm in ({algorithms}) and l.rank <= 10 order by l.rank
"""
TESTED = "user_id = {user} and protocol = {protocol} and fold = 0 and split = 'test'"
LISTED = """
    select movie_id, rank, strategy from recommendations where user_id = {user} order by rank
"""
LISTED_ALGORITHMS = """
    select distinct algorithm from evaluated_recommendations
    where protocol = {protocol} and fold = 0 order by algorithm
"""
UNRATED = "Nobody has rated it, so the algorithm knows nothing about it."
NO_CANDIDATE = "The var candidate_movies keeps it out of every list."


def require_user(state: LakeState, user_id: int) -> dict[str, Any]:
    """Return the row of a user, or answer that there is none."""
    found = state.rows(
        "select user_id, source_id, gender, occupation, age, rating_count, mean_rating,"
        f" first_rated_at, last_rated_at from users where user_id = {user_id}"
    )
    if not found:
        raise HTTPException(404, f"no user has the id {user_id}")
    return found[0]


def ratings_of_user(state: LakeState, user_id: int) -> Ratings:
    """Return the ratings of a user; None for an event, which counts as a like.

    A user who is not in the lake is answered with an error.
    """
    rows = state.rows(f"select movie_id, rating from interactions where user_id = {user_id}")
    if not rows:
        require_user(state, user_id)
    return {row["movie_id"]: row["rating"] for row in rows}


def user_list(state: LakeState, user_id: int, filters: Filters, is_long: bool) -> Picks:
    """Return the stored list of a user, or a computed one.

    A list with filters is computed. A long list has the movies of a computed list after the stored
    ones. For ratings, both have the same order, unless the vars `rerank_*` or `new_item_count`
    change the stored list. For events, they may differ, since the computed list takes every event
    for a like of median strength.
    """
    stored = _stored_list(state, user_id) if filters == Filters() else []
    if stored and not is_long:
        return _picks_of_stored(state, stored)
    found = computed_list(state, ratings_of_user(state, user_id), filters)
    if stored:
        listed = {pick.movie.movie_id for pick in stored}
        others = [pick for pick in found.picks if pick.movie.movie_id not in listed]
        is_same = stored[0].strategy == found.strategy
        found = _picks_of_stored(state, [*stored, *(others if is_same else [])])
    ids = [pick.movie.movie_id for pick in found.picks if pick.predicted is None]
    predicted = predicted_ratings(state, user_id, ids)
    for pick in found.picks:
        if pick.predicted is None:
            pick.predicted = predicted.get(pick.movie.movie_id)
    return found


def _picks_of_stored(state: LakeState, picks: list[Pick]) -> Picks:
    algorithm = state.recommender.facts["algorithm"]
    return Picks(algorithm=algorithm, strategy=picks[0].strategy, picks=picks)


def _stored_list(state: LakeState, user_id: int) -> list[Pick]:
    movies = state.movies()
    parts: dict[int, list[Contribution]] = {}
    if state.has_tables(["recommendation_explanations"]):
        for row in state.rows(
            "select movie_id, kind, rated_title, rating, contribution from"
            f" recommendation_explanations where user_id = {user_id} order by movie_id, position"
        ):
            title = row["rated_title"] and short_title(row["rated_title"])
            parts.setdefault(row["movie_id"], []).append(
                Contribution(
                    title=title, kind=row["kind"], rating=row["rating"], part=row["contribution"]
                )
            )
    return [
        Pick(
            movie=movies[row["movie_id"]],
            score=row["score"],
            strategy=row["strategy"],
            reason=row["reason"],
            predicted=row["predicted_rating"],
            parts=parts.get(row["movie_id"], []),
        )
        for row in state.rows(
            "select movie_id, score, strategy, reason, predicted_rating from recommendations"
            f" where user_id = {user_id} order by rank"
        )
    ]


def why_not_listed(state: LakeState, user_id: int, movie_id: int) -> WhyNot:
    """Return the place of a movie among all that a user's list could have, and its score."""
    movie = state.movies().get(movie_id)
    if movie is None:
        raise HTTPException(404, f"no movie has the id {movie_id}")
    ratings = ratings_of_user(state, user_id)
    predicted = predicted_ratings(state, user_id, [movie_id]).get(movie_id)
    unscored = partial(
        WhyNot, movie=movie, place=None, of=0, score=None, last_score=None, predicted=predicted,
        parts=[],
    )  # fmt: skip
    if movie_id in ratings:
        return unscored(verdict=_verdict_of_rated(ratings[movie_id]))
    stored = {row["movie_id"]: row for row in state.rows(LISTED.format(user=user_id))}
    listed = _verdict_of_listed(stored[movie_id]) if movie_id in stored else None
    positions = state.version.positions
    position = positions.get(movie_id)
    if position is None:
        return unscored(verdict=listed or UNRATED)
    recommender = state.recommender
    scored = recommender.score(ratings)
    scores = recommender.popularity(ratings) if scored is None else scored.scores
    if not np.isfinite(scores[position]):
        return unscored(verdict=listed or NO_CANDIDATE)
    place, of = place_of(recommender, scores, position), int(np.isfinite(scores).sum())
    score = float(scores[position])
    last = next((positions[each] for each in reversed(stored) if each in positions), None)
    last_score = None if last is None else float(scores[last])
    unlisted = f"It has place {place:,} of {of:,}, and the list ends at {len(stored)}."
    if last_score is not None:
        kind = "number of ratings" if scored is None else "score"
        unlisted += _difference(last_score - score, kind)
    return WhyNot(
        movie=movie,
        verdict=listed or unlisted,
        place=place,
        of=of,
        score=score,
        last_score=last_score,
        predicted=predicted,
        parts=[] if scored is None else _parts_of_score(state, scored, position, ratings),
    )


def _parts_of_score(
    state: LakeState, scored: Scored, position: int, ratings: Ratings
) -> list[Contribution]:
    contributions = state.recommender.contributions(scored, np.array([position]))[:, 0]
    rated, score = scored.rated.movie_ids.tolist(), float(scored.scores[position])
    return parts_of(state.movies(), rated, contributions, score, ratings)


def _verdict_of_rated(rating: float | None) -> str:
    if rating is None:
        return "This person has chosen it before, and a list has only new movies."
    return f"This person has rated it {rating:g}, and a list has unrated movies only."


def _verdict_of_listed(row: dict[str, Any]) -> str:
    verdict = f"It is in the list, at place {row['rank']}."
    if row["strategy"] == "new item":
        verdict += " Nobody has rated it, and this person likes its genres."
    return verdict


def _difference(missing: float, kind: str) -> str:
    """Return a sentence on the difference to the last movie of the list, which may be negative."""
    if missing > 0:
        return f" Its {kind} is {missing:.3g} too low for the list."
    return f" The order of the list does not depend on the {kind} alone."


def _listed_algorithms(state: LakeState) -> list[str]:
    protocol = text_literal(built_protocols()[0])
    return [row["algorithm"] for row in state.rows(LISTED_ALGORITHMS.format(protocol=protocol))]


def compared_lists(state: LakeState, user_id: int, left: str, right: str) -> Comparison:
    """Return the first ten movies of two algorithms, and which of them the user liked."""
    state.require_tables("evaluated_recommendations", "rating_splits")
    require_user(state, user_id)
    protocol = built_protocols()[0]
    listed = state.cached("listed algorithms", _listed_algorithms)
    if unknown := [name for name in (left, right) if name not in listed]:
        raise HTTPException(422, f"no algorithm {unknown[0]}: name one of {', '.join(listed)}")
    values = {"user": user_id, "protocol": text_literal(protocol)}
    tested = TESTED.format(**values)
    names = ", ".join(map(text_literal, dict.fromkeys((left, right))))
    rows = state.rows(COMPARED.format(algorithms=names, tested=tested, **values))
    lists = {name: [row for row in rows if row["algorithm"] == name] for name in (left, right)}
    ids = {name: {row["movie_id"] for row in some} for name, some in lists.items()}
    movies = state.movies()
    liked = f"select count(*) as liked from rating_splits where {tested} and is_relevant"

    def side(name: str, other: str) -> list[ListedMovie]:
        return [
            ListedMovie(
                movie=movies[row["movie_id"]],
                is_hit=row["is_hit"],
                is_in_other=row["movie_id"] in ids[other],
                rating=row["rating"],
            )
            for row in lists[name]
        ]

    return Comparison(
        protocol=protocol,
        liked=state.rows(liked)[0]["liked"],
        left=side(left, right),
        right=side(right, left),
    )
