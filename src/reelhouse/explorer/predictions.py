"""Ratings that the lake's algorithm predicts, for any movies of a user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reelhouse.algorithms.als_settings import ALS_FAMILIES, RESIDUAL_FAMILIES
from reelhouse.explorer.state import LakeState, scale_of
from reelhouse.lake.parameters import text_literal
from reelhouse.serve.fit_numbers import FOLD

TABLES = ("served_algorithms", "int_fit_plan", "als_factors", "int_driver_fits", "rating_biases")
"""Tables that the predictions come from."""
FACTOR_FAMILIES = (*ALS_FAMILIES, "svd", "bayesian_mf")
SERVED = f"""
    select p.algorithm, p.family from served_algorithms s join int_fit_plan p using (algorithm)
    where s.use = 'rating' and {FOLD}
"""
PREDICTED = """
    with bases as (
        select id, side, bias, global_mean from rating_biases
        where {fold} and (side = 'user' and id = {user} or side = 'movie' and id in ({movies}))
    ),
    fitted as (
        select id, side, factors from {table}
        where {fold} and algorithm = {algorithm} and factors is not null
        and (side = 'user' and id = {user} or side = 'movie' and id in ({movies}))
    ),
    persons as (
        select max(bias) as bias from bases where side = 'user'
    ),
    vectors as (
        select any_value(factors) as factors from fitted where side = 'user'
    ),
    means as (
        select max(global_mean) as mean from rating_biases where {fold}
    )
    select
        m.id as movie_id,
        mean + coalesce(persons.bias, 0) + m.bias as baseline,
        list_dot_product(
            cast(vectors.factors as double[]), cast(fitted.factors as double[])
        ) as product
    from bases m cross join means cross join persons cross join vectors
    left join fitted on fitted.id = m.id and fitted.side = 'movie'
    where m.side = 'movie'
"""


def predicted_ratings(state: LakeState, user_id: int, movie_ids: Iterable[int]) -> dict[int, float]:
    """Return the predicted rating of each movie, as `recommendations.predicted_rating` has them.

    The result is empty if the data has events, or if an average predicts.
    """
    wanted, scale = list(movie_ids), scale_of(state.recommender)
    if not wanted or not scale["has_ratings"] or not state.has_tables(TABLES):
        return {}
    served = state.cached("rating algorithm", lambda each: each.rows(SERVED))
    if not served or served[0]["family"] not in FACTOR_FAMILIES:
        return {}
    (algorithm,) = served
    is_als = algorithm["family"] in ALS_FAMILIES
    rows = state.rows(
        PREDICTED.format(
            fold=FOLD,
            user=int(user_id),
            movies=", ".join(str(int(movie_id)) for movie_id in wanted),
            table="als_factors" if is_als else "int_driver_fits",
            algorithm=text_literal(algorithm["algorithm"]),
        )
    )
    is_residual = algorithm["family"] in RESIDUAL_FAMILIES
    return {row["movie_id"]: _clipped(row, is_residual, scale) for row in rows}


def _clipped(row: dict[str, Any], is_residual: bool, scale: dict[str, Any]) -> float:
    rating: float = row["baseline"]
    if row["product"] is not None:
        rating = row["product"] + (row["baseline"] if is_residual else 0.0)
    lowest: float = scale["rating_min"]
    highest: float = scale["rating_max"]
    return min(max(rating, lowest), highest)
