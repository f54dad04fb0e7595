"""Write the page: the model as JSON, and a template with its style and scripts."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from reelhouse.als.settings import Floats
from reelhouse.errors import ReelhouseError
from reelhouse.lake.parameters import text_literal
from reelhouse.lake.session import LakeSession
from reelhouse.page.model import PageModel, read_model
from reelhouse.serve.data_facts import GIVEN_RATINGS, data_name, rating_choices
from reelhouse.serve.first_screen import ASKED, choose_first_screen
from reelhouse.serve.titles import genre_names, short_title
from reelhouse.web.assets import WEB, as_one_file

HERE = Path(__file__).parent
SCRIPTS = (
    *(WEB / name for name in ("widgets.js", "posters.js", "filters.js", "drop.js", "order.js")),
    *(HERE / name for name in ("model.js", "titles.js", "files.js", "cards.js", "list.js")),
    *(HERE / name for name in ("about.js", "page.js")),
)
"""The scripts of the page, in the order in which the browser runs them."""
STYLES = (WEB / "base.css", HERE / "page.css")
LARGEST = 32767
"""Largest whole number of 16 bits with a sign."""

MOVIES = """
    select movie_id, source_id, title, genres, release_year, rating_count, mean_rating
    from movies
"""
CANDIDATES = "select movie_id from movies where {condition}"
SCALE = "select rating_min, rating_max, rating_step, relevant_rating from int_rating_scale"
DATA = """
    select any_value(data) as name, (select count(*) from interactions) as ratings,
    (select count(distinct user_id) from interactions) as users from raw_files
"""
COMPARED = """
    select algorithm, ndcg_at_10 as ndcg, ndcg_at_10_ci_lower as lower,
    ndcg_at_10_ci_upper as upper, rmse
    from model_comparison where protocol = {protocol} and ndcg_at_10 is not null
    order by ndcg_at_10 desc, algorithm
"""


def page_text(session: LakeSession, *, protocol: str, item_word: str, condition: str) -> str:
    """Return the page for the model of a lake.

    Parameters
    ----------
    session
        The lake.
    protocol
        The protocol whose metrics the page shows.
    item_word
        Word for a movie, such as product.
    condition
        SQL condition on the columns of movies that a listed movie satisfies.

    Raises
    ------
    ReelhouseError
        An error of ``read_model``, or DuckDB cannot evaluate the condition.
    """
    model = read_model(session)
    return fill_template(
        {
            "item": item_word,
            "data": _data(session),
            "scale": _scale(session) if model.like_value is None else None,
            "algorithm": model.algorithm,
            "ranking": model.ranking,
            "settings": _settings(model),
            "evaluation": {
                "protocol": protocol,
                "rows": session.rows(COMPARED.format(protocol=text_literal(protocol))),
            },
            **_movies(session, model, condition),
            **quantised(model.factors),
        }
    )


def _data(session: LakeSession) -> dict[str, Any]:
    """Return the name of the data and the sizes."""
    found = session.rows(DATA)[0]
    return {**found, "name": data_name(found["name"])}


def _movies(session: LakeSession, model: PageModel, condition: str) -> dict[str, Any]:
    """Return lists with one element per movie of the model, in the order of its factors."""
    described = {row["movie_id"]: row for row in session.rows(MOVIES)}
    movies = [described[movie] for movie in model.movie_ids]
    listed = {
        movie for (movie,) in session.execute(CANDIDATES.format(condition=condition)).fetchall()
    }
    counts = np.array([row["rating_count"] for row in movies], np.int64)
    genres = [genre_names(row["genres"]) for row in movies]
    names = sorted({name for some in genres for name in some})
    position = {name: i for i, name in enumerate(names)}
    return {
        "titles": [short_title(row["title"]) for row in movies],
        "sourceIds": [row["source_id"] for row in movies],
        "years": [row["release_year"] for row in movies],
        "genres": names,
        "genresOf": [[position[name] for name in some] for some in genres],
        "counts": counts.tolist(),
        "means": [_rounded(row["mean_rating"], 2) for row in movies],
        "unlisted": [i for i, movie in enumerate(model.movie_ids) if movie not in listed],
        "firstScreen": choose_first_screen(model.factors, counts, ASKED).tolist(),
        "dampedBiases": model.baseline.biases if model.baseline else None,
    }


def _settings(model: PageModel) -> dict[str, Any]:
    settings = model.settings
    return {
        "feedback": settings.feedback,
        "biases": settings.biases,
        "alpha": settings.alpha,
        "weightOfAllPairs": settings.weight_of_all_pairs,
        "unobservedWeight": settings.unobserved_weight or 0,
        "reg": settings.reg,
        "regExponent": settings.reg_exponent,
        "spread": model.spread,
        "likeValue": model.like_value,
        "globalMean": model.baseline.mean if model.baseline else 0,
        "damping": model.baseline.damping if model.baseline else 0,
    }


def quantised(factors: Floats) -> dict[str, Any]:
    """Return factors (movies, k) as whole numbers of 16 bits, and the step (k,) of each column.

    The whole number times the step differs from the factor by at most half a step.
    """
    steps = np.maximum(np.abs(factors).max(axis=0).astype(np.float64), 1e-30) / LARGEST
    whole = np.round(factors / steps).astype("<i2")
    return {
        "factors": base64.b64encode(whole.tobytes()).decode(),
        "steps": [float(f"{step:.9g}") for step in steps],
    }


def fill_template(content: dict[str, Any]) -> str:
    """Return the page with its content, style and scripts."""
    return as_one_file(HERE / "page.html", content, STYLES, SCRIPTS)


def _scale(session: LakeSession) -> dict[str, Any]:
    found = session.rows(SCALE)
    if not found or found[0]["rating_min"] is None:
        raise ReelhouseError("int_rating_scale has no scale: run `make build`")
    row = found[0]
    given = [rating for (rating,) in session.execute(GIVEN_RATINGS).fetchall()]
    return {
        "min": row["rating_min"],
        "max": row["rating_max"],
        "step": row["rating_step"],
        "relevant": row["relevant_rating"],
        "choices": rating_choices(row["rating_min"], row["rating_max"], row["rating_step"], given),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
