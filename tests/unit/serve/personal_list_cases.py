"""Ratings of a person, and whether a list of als_graded for them is personal, or popular."""

LISTS_OF_RATINGS = [
    ({1: 1.0}, False),
    ({1: 1.0, 2: 1.0}, False),
    (dict.fromkeys(range(20), 1.0), False),
    ({1: 1.0, 2: 2.0}, True),
    ({1: 5.0}, True),
]
"""Ratings from 1 to 5 by the position of the movie. The page from disk decides the same."""
