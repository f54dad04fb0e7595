"""Facts of the data that pages show: its name, and the ratings among which a person chooses."""

from __future__ import annotations

from collections.abc import Sequence

MOST_CHOICES = 10
GIVEN_RATINGS = f"""
    select distinct rating from interactions where rating is not null
    order by rating limit {MOST_CHOICES + 1}
"""


def data_name(data: str) -> str:
    """Return the name of the data; of a path, only the last part."""
    return data.rstrip("/").rpartition("/")[2]


def rating_choices(
    lowest: float, highest: float, step: float | None, given: Sequence[float]
) -> list[float]:
    """Return up to ten ratings among which a person chooses.

    These are all ratings of the scale or, if the scale has no step or too many, the distinct
    ratings ``given`` in the data. If the data has too many distinct ratings as well, the choices
    are five evenly spaced ratings.
    """
    if step and (count := round((highest - lowest) / step) + 1) <= MOST_CHOICES:
        return [lowest + i * step for i in range(count)]
    if len(given) <= MOST_CHOICES:
        return list(given)
    return [lowest + i * (highest - lowest) / 5 for i in range(1, 6)]
