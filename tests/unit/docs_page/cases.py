"""The Python models with inputs that are perturbed."""

from __future__ import annotations

from collections import Counter

from tests.unit.docs_page import small_inputs as small
from tests.unit.docs_page.perturbed import Case, Scenario, at, each

FIT_KEY = ("algorithm", "protocol", "fold", "side", "id")
SCORERS = {"als_graded": 4, "als_implicit": 4, "ease": 1, "popularity": 1, "blend": 8}
SEED_ROWS = [row["algorithm"] for row in small.seed("algorithms")[0]]
PLACES = {"int_fit_plan": SEED_ROWS.index("als_graded"), "int_scoring_vectors": len(small.USERS)}
"""A row of the plan that is used, and the first movie."""
PARAMETERS = {
    **dict.fromkeys(("reg_exponent", "degree_exponent"), each(lambda value, _: 0.5 - value / 4)),
    **dict.fromkeys(("dropout", "diagonal_limit"), each(lambda value, _: value + 0.3)),
    "shrinkage": each(lambda _value, _: 0.0),
    "feedback": at(SEED_ROWS.index("als_graded"), lambda _: "explicit"),
}
LISTS = {
    "seen_movie_ids": each(lambda movies, _: movies[1:]),
    "liked_movie_ids": each(lambda movies, _: movies[1:]),
    "neighbour_ids": each(lambda movies, _: [m for m in small.MOVIES if m not in movies][:3]),
    "blend_weights": each(lambda text, _: text.replace("0.5", "0.05")),
}


def _tables(**tables):
    return tables


_fits = _tables(
    int_fit_plan=small.plan("blend", "als_graded"),
    int_training_targets=small.targets(),
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
    ranking_cutoffs=small.table([{"k": 1}, {"k": 2}]),
    int_ranking_requests=small.in_other_folds(small.requests(SCORERS), algorithm="als_graded"),
    int_scoring_vectors=small.in_other_folds(small.vectors("als_graded", "als_implicit")),
    int_driver_fits=small.driver_fits("ease"),
    int_fit_plan=small.plan("blend", "als_graded"),
    movies=small.movies(),
)


def _explained(name: str, width: int):
    return _tables(
        int_recommendations_reranked=small.lists(name),
        int_ranking_requests=small.requests({name: width}),
        int_fit_plan=small.plan(name, "als_graded"),
        int_training_targets=small.targets(),
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
    rating_splits=small.table(small.ratings(), fold=small.pa.int32()),
)
LIKES = Counter(row["user_id"] for row in small.ratings() if row["is_relevant"])
LIKED = next(
    place
    for place, row in enumerate(small.ratings())
    if row["is_relevant"] and LIKES[row["user_id"]] > 1
)
"""A liked movie of a user who likes several."""
LIMITS = {
    "item_knn_pair_limit": sum(likes**2 for likes in LIKES.values()) - 1,
    "ease_movie_limit": len({row["movie_id"] for row in small.ratings()}),
}
"""With these vars, a pair less lets `item_knn` have trials, and a movie more excludes `ease`."""
CASES = (
    Case(
        "als_factors",
        FIT_KEY,
        [Scenario(_fits)],
        PARAMETERS
        | {
            "int_fit_plan.family": at(PLACES["int_fit_plan"], lambda _: "svd"),
            "int_training_targets.split": at(0, lambda _: "fold_in"),
        },
        PLACES,
    ),
    Case(
        "int_driver_fits",
        FIT_KEY,
        [Scenario({**_fits, "rating_splits": _splits})],
        PARAMETERS
        | {
            "feedback": each(lambda word, _: {"explicit": "graded"}.get(word, "explicit")),
            "int_fit_plan.family": at(SEED_ROWS.index("svd"), lambda _: "als"),
            "int_training_targets.split": at(0, lambda _: "fold_in"),
        },
        {"int_fit_plan": SEED_ROWS.index("svd")},
    ),
    Case(
        "similar_movies",
        ("movie_id", "similar_movie_id"),
        [
            Scenario(
                {
                    "int_fit_plan": _ranked["int_fit_plan"],
                    "int_scoring_vectors": small.vectors("als_graded", "als_implicit"),
                },
                {"recommendation_count": 3},
            )
        ],
        places=PLACES,
    ),
    Case(
        "int_recommendations_ranked",
        ("algorithm", "protocol", "fold", "user_id", "movie_id"),
        [Scenario(_ranked, {"recommendation_count": 4})],
        LISTS
        | {
            "int_ranking_requests.algorithm": each(lambda name, _: name.replace("als", "asl")),
            "int_ranking_requests.scored_by": at(len(small.USERS), lambda _: "als_graded"),
        },
        PLACES
        | {"int_ranking_requests": len(small.USERS), "int_fit_plan": SEED_ROWS.index("blend")},
    ),
    Case(
        "int_rating_contributions",
        ("user_id", "movie_id", "kind", "rated_movie_id"),
        [Scenario(_explained("blend", 4)), Scenario(_explained("als_residual", 6))],
        PARAMETERS
        | LISTS
        | {
            "int_recommendations_reranked.user_id": each(
                lambda user, _: user + 1000 if user == small.USERS[0] else user
            ),
            "int_training_targets.split": at(0, lambda _: "fold_in"),
        },
        PLACES | {"int_fit_plan": SEED_ROWS.index("blend")},
    ),
    Case(
        "tuning_trials",
        ("algorithm", "parameters"),
        [
            Scenario(_tuned),
            Scenario(_tuned, LIMITS),
            Scenario(
                _tuned,
                {
                    "tuning_batch_seconds": 600,
                    "tuning_draws": 3,
                    "tuning_algorithms": ["item_knn"],
                },
            ),
        ],
        PARAMETERS
        | {
            "int_tuning_ratings.split": at(0, lambda _: "train"),
            "algorithms.family": at(SEED_ROWS.index("als_residual"), lambda _: "als"),
            "parameter_grid.parameter": each(
                lambda name, _: {"neighbours": "shrinkage"}.get(name, name)
            ),
            "algorithms.rating_limit": each(lambda _value, _: 1),
        },
        {
            "algorithms": SEED_ROWS.index("als_graded"),
            "parameter_grid": [row["algorithm"] for row in small.seed("parameter_grid")[0]].index(
                "item_knn"
            ),
            "rating_splits": LIKED,
        },
    ),
)
