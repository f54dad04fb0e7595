"""Read the model of the page from a lake: factors that a browser can fold a new user into."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reelhouse.algorithms.als_settings import ALS_FAMILIES, rescaled, settings_from_row
from reelhouse.als.biases import remove_ones
from reelhouse.als.settings import Floats, Settings
from reelhouse.errors import ReelhouseError
from reelhouse.lake.session import LakeSession
from reelhouse.serve.fit_numbers import damping, like_value, residual_spread

TABLES = (
    *("served_algorithms", "int_fit_plan", "als_factors", "movies", "int_rating_scale"),
    *("rating_biases", "interactions", "raw_files", "algorithms"),
    "model_comparison",
)
"""Tables that the page reads."""

SERVED = """
    select s.use, p.* from served_algorithms s join int_fit_plan p using (algorithm)
    where p.protocol = 'all' and s.use in ('ranking', 'similarity')
"""
FACTORS = """
    select id, factors from als_factors
    where protocol = 'all' and side = 'movie'
    and algorithm = (select algorithm from served_algorithms where use = '{use}') order by id
"""
BIASES = """
    select id, bias from rating_biases where protocol = 'all' and side = 'movie' order by id
"""


class Baseline(NamedTuple):
    """Averages that were subtracted from the ratings before a fit of residuals.

    Attributes
    ----------
    mean
        Mean of all ratings.
    damping
        Number of additional ratings at the mean in the bias of a user.
    biases
        Damped biases (movies,).
    """

    mean: float
    damping: float
    biases: list[float]


class PageModel(NamedTuple):
    """An ALS fit of all ratings, and the numbers with which the page folds in a user.

    Attributes
    ----------
    algorithm
        Name of the algorithm in seeds/algorithms.csv.
    settings
        Settings of the fit.
    movie_ids
        Ids (movies,) of the fit, in ascending order.
    factors
        Factors (movies, k) in the units of the fit. With biases, the first number is the bias.
    spread
        Number by which the explicit targets of the fit were divided, otherwise 1.
    baseline
        Baseline of a fit of residuals, otherwise None.
    like_value
        The value of a like under events: that of an event of median strength. None for ratings.
    ranking
        Name of the algorithm of `recommendations`, which may be another one.
    """

    algorithm: str
    settings: Settings
    movie_ids: list[int]
    factors: Floats
    spread: float
    baseline: Baseline | None
    like_value: float | None
    ranking: str


def read_model(session: LakeSession) -> PageModel:
    """Read the algorithm of the recommendations, or the best of the family ALS instead.

    A browser cannot hold the weights of `ease` and `item_knn`, of which each pair of movies has
    one. The algorithm of `similar_movies` is always fitted, and by default belongs to ALS.

    Raises
    ------
    ReelhouseError
        Neither algorithm belongs to ALS, or the fit has no movie.
    """
    served = {row["use"]: row for row in session.rows(SERVED)}
    chosen = [(use, row) for use, row in sorted(served.items()) if row["family"] in ALS_FAMILIES]
    if not chosen:
        names = ", ".join(sorted({row["algorithm"] for row in served.values()})) or "no algorithm"
        raise ReelhouseError(
            f"the page needs an algorithm of the family als, and the lake serves {names}: set the"
            " var similarity_algorithm in dbt_project.yml to auto or als_graded, then run"
            " `make build`"
        )
    use, row = chosen[0]
    settings = settings_from_row(row, "cholesky")
    fitted = session.execute(FACTORS.format(use=use)).fetchall()
    if not fitted:
        raise ReelhouseError(f"the fit of {row['algorithm']} has no movie: run `make build`")
    movie_ids = [movie for movie, _ in fitted]
    stored = np.array([factors for _, factors in fitted], np.float32)
    spread, baseline = 1.0, None
    if settings.feedback == "explicit":
        spread, baseline = _residuals(session, row["family"], movie_ids)
    in_units_of_fit = rescaled(settings, "movie", stored, 1 / spread)
    return PageModel(
        algorithm=row["algorithm"],
        settings=settings,
        movie_ids=movie_ids,
        factors=remove_ones(settings, {"movie": in_units_of_fit})["movie"],
        spread=spread,
        baseline=baseline,
        like_value=like_value(session, row),
        ranking=served.get("ranking", row)["algorithm"],
    )


def _residuals(
    session: LakeSession, family: str, movie_ids: list[int]
) -> tuple[float, Baseline | None]:
    """Return the spread of the residuals and, for `biased_als`, the baseline."""
    spread = residual_spread(session)
    if family != "biased_als":
        return spread, None
    biases = dict(session.execute(BIASES).fetchall())
    mean = session.scalar("select global_mean from rating_biases where protocol = 'all'")
    return spread, Baseline(mean, damping(session), [biases[movie] for movie in movie_ids])
