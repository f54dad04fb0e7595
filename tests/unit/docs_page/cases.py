"""The Python models with inputs that are perturbed."""

from __future__ import annotations

from tests.unit.docs_page import small_inputs as small
from tests.unit.docs_page.perturbed import Case, each, first

FIT_KEY = ("algorithm", "protocol", "fold", "side", "id")
SCORERS = {"als_graded": 4, "als_implicit": 4, "ease": 1, "popularity": 1, "blend": 8}
OTHER_ALGORITHM = first(lambda value: {"blend": "ease"}.get(value, "popularity"))


def _tables(**tables):
    return tables


_fits = _tables(
    int_fit_plan=small.plan("blend", "als_graded"),
    int_training_targets=small.table(small.ratings(), fold=small.pa.int32()),
    int_rating_scale=small.scale(),
    raw_files=small.forgotten(),
)
_splits = small.table(
    [
        {**row, "split": "test" if place % 3 == 0 else "train"}
        for place, row in enumerate(small.ratings())
    ],
    fold=small.pa.int32(),
)
_ranked = _tables(
    ranking_cutoffs=small.table([{"k": 3}, {"k": 5}]),
    int_ranking_requests=small.requests(SCORERS),
    int_scoring_vectors=small.vectors("als_graded", "als_implicit"),
    int_driver_fits=small.driver_fits("ease"),
    int_fit_plan=small.plan("blend", "als_graded"),
    movies=small.movies(),
)


def _explained(name: str, width: int):
    return _tables(
        int_recommendations_reranked=small.lists(name),
        int_ranking_requests=small.requests({name: width}),
        int_fit_plan=small.plan(name, "als_graded"),
        int_training_targets=small.table(small.ratings(), fold=small.pa.int32()),
        int_rating_scale=small.scale(),
        int_scoring_vectors=small.vectors("als_graded", "als_implicit", "als_residual", width=6)
        if name == "als_residual"
        else small.vectors("als_graded", "als_implicit", width=2),
        int_driver_fits=small.driver_fits("ease"),
        movies=small.movies(),
    )


_tuned = _tables(
    int_tuning_ratings=small.table(
        [
            {**row, "split": "validation" if place % 4 == 0 else "train", "movie_bias": 0.1}
            for place, row in enumerate(small.ratings())
        ],
        fold=small.pa.int32(),
    ),
    int_rating_scale=small.scale(),
    algorithms=small.algorithms(),
    parameter_grid=small.pa.Table.from_pylist(*small.seed("parameter_grid")),
)
WHOLE = each(lambda value, _: value + 1)

CASES = (
    Case("als_factors", FIT_KEY, [_fits]),
    Case("int_driver_fits", FIT_KEY, [{**_fits, "rating_splits": _splits}]),
    Case(
        "similar_movies",
        ("movie_id", "similar_movie_id"),
        [{name: _ranked[name] for name in ("int_fit_plan", "int_scoring_vectors")}],
    ),
    Case(
        "int_recommendations_ranked",
        ("algorithm", "protocol", "fold", "user_id", "movie_id"),
        [_ranked],
        variables={"recommendation_count": 4},
    ),
    Case(
        "int_rating_contributions",
        ("user_id", "movie_id", "kind", "rated_movie_id"),
        [_explained("blend", 4), _explained("als_residual", 6)],
    ),
    Case("tuning_trials", ("algorithm", "parameters"), [_tuned]),
)
