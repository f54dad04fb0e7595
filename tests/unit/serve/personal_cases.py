"""Ratings of a person, and whether an algorithm can make a personal list from them.

The page from disk (tests/unit/page/test_scores.py) gives the same answers as the recommender. The
scale of both lakes is 1 to 5, and ratings from 4 are liked.
"""

from __future__ import annotations

from typing import NamedTuple


class PersonalCase(NamedTuple):
    """The algorithm that ranks, and the ratings of movies by their positions in the catalogue."""

    algorithm: str
    ratings: dict[int, float]
    is_personal: bool


PERSONAL_CASES = {
    "the lowest rating alone": PersonalCase("als_graded", {2: 1}, False),
    "lowest ratings": PersonalCase("als_graded", {2: 1, 3: 1, 8: 1}, False),
    "a rating above the lowest": PersonalCase("als_graded", {2: 2}, True),
    "a lowest rating and another": PersonalCase("als_graded", {2: 1, 3: 5}, True),
    "no like": PersonalCase("als_implicit", {2: 3, 3: 1}, False),
    "a like": PersonalCase("als_implicit", {2: 1, 3: 4}, True),
    "the lowest rating on a scale": PersonalCase("als_explicit", {2: 1}, True),
    "the lowest residual": PersonalCase("als_residual", {2: 1}, True),
}
