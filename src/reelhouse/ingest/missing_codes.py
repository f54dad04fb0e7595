"""Refuse numbers that stand for a missing rating, such as -1, 99, or 0 beside ratings from 1 up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from reelhouse.errors import ReelhouseError

CODES = {-1, -99, 99, -999, 999, -9999, 9999}
"""Numbers that some data sets write for a missing rating."""
FEWEST_RATINGS = 4
"""A code is recognised beside at least this number of different ratings."""
ZEROS_PER_LOWEST = 3
"""0 may be a code if it is this many times as frequent as the lowest rating above it."""
FIVE_STARS = 5
"""On a scale of 1 to 5, a 0 that is more frequent than a 1 may be a code."""
FEWEST_ZEROS = 10
"""0 may be a code if it occurs this often."""
FEWEST_EQUAL = 100
"""Number of rows from which a rating that is the same in all of them says nothing."""


def check_codes(path: Path, ratings: Sequence[float], rejected_share_limit: float) -> None:
    """Refuse ratings among which a number is likely to stand for a missing rating.

    Args:
        path: the file, for error messages.
        ratings: the first ratings.
        rejected_share_limit: the var of this name.

    Raises:
        ReelhouseError: a number is likely to be a code, or all ratings are equal. The message says
            how to declare the scale.
    """
    if len(ratings) >= FEWEST_EQUAL and len(set(ratings)) == 1:
        raise ReelhouseError(
            f"{path} has the same rating, {ratings[0]:g}, in each of the first"
            f" {len(ratings):,} rows: COLUMNS='rating=' takes each row as an event without a"
            " rating, and COLUMNS='rating=…' names another column"
        )
    for code in sorted(code for code in CODES if code in ratings):
        others = sorted(set(ratings) - {code})
        if len(others) < FEWEST_RATINGS:
            continue
        distance = max(others[0] - code, code - others[-1])
        if distance > max(after - before for before, after in pairwise(others)):
            raise _refusal(path, ratings, code, rejected_share_limit, "far from all others")
    if _is_zero_a_code(ratings):
        raise _refusal(path, ratings, 0, rejected_share_limit, "many more than of the next rating")


def limit_above(share: float) -> float:
    """Return a value of rejected_share_limit that accepts a larger share than this."""
    return min(1.0, math.ceil(10 * share + 0.5) / 10)


def _is_zero_a_code(ratings: Sequence[float]) -> bool:
    """Return whether 0 is much more frequent than the lowest ratings above it.

    The lowest rating of a scale is rare, or a little more frequent than the next.
    """
    zeros = sum(rating == 0 for rating in ratings)
    others = sorted(set(ratings) - {0})
    if len(others) < FEWEST_RATINGS or others[0] < 0 or zeros < FEWEST_ZEROS:
        return False
    lowest = [sum(rating == other for rating in ratings) for other in others[:2]]
    if others[-1] == FIVE_STARS and others[0] >= 1 and zeros > lowest[0]:
        return True
    return others[-1] >= FEWEST_RATINGS and zeros >= ZEROS_PER_LOWEST * max(lowest)


def _refusal(
    path: Path, ratings: Sequence[float], code: int, rejected_share_limit: float, why: str
) -> ReelhouseError:
    """Return the error for a code, which says how to declare the scale or to take events."""
    others = [rating for rating in ratings if rating != code]
    share = 1 - len(others) / len(ratings)
    low, high = min(others) if code == 0 else math.floor(min(others)), math.ceil(max(others))
    # The first ratings may lack the lowest of the scale.
    lowest = min(low, 1) if low > 0 else low
    scale = f"rating_min: {lowest:g} and rating_max: {high}"
    if share > rejected_share_limit / 2:
        scale = (
            f"rating_min: {lowest:g}, rating_max: {high} and rejected_share_limit:"
            f" {limit_above(share):g}"
        )
    return ReelhouseError(
        f"{path} has ratings of {code} ({share:.1%} of those read), {why}; the others run from"
        f" {low:g} to {high}: if {code} stands for a missing rating, write {scale} in"
        " dbt_project.yml, and these rows are rejected, or COLUMNS='rating=', which takes each row"
        f" as an event; if it is a rating, write rating_min: {min(code, lowest):g} and rating_max:"
        f" {max(code, high)}"
    )
