"""Tell from the values of a column what the column may be: ratings, counts, times or ids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from statistics import mode

from reelhouse.ingest.number_forms import is_number, number_of
from reelhouse.ingest.times import SAMPLED, is_time, pattern_of

MOST_VALUES = 101
"""Largest number of different whole-number ratings, as on a scale of 0 to 100, and the bound of
all ratings."""
USUAL_SHARE = 0.9
"""Share of the values of a column that must look like times or ratings."""
FEWEST_ROWS = 20
"""Number of rows from which the frequencies of the values of a column mean something."""
FEWEST_UNIQUE = 100
"""Number of rows from which a column with another value in each row has no users and no movies."""
FEWEST_REPEATS = 5
"""Number of repeated ids from which a column may be a property of them."""
LOWEST_COUNTS = 2
"""In a column of counts, at least half of the values are not above this number."""
HIGHEST_SCALE_WITH_DECIMALS = 10
"""Numbers with decimals up to this one are taken as ratings, even if most are low."""
HIGHEST_AMOUNT_PER_MIDDLE = 4
"""In a column of amounts, the highest number is more than this many times the middle one."""
HIGHEST_SCALE_OF_FEW = 5
"""Whole numbers up to this one are taken as ratings, even if most are low."""

_TRUE, _FALSE = {"true", "yes", "y", "t"}, {"false", "no", "n", "f"}
_NOT_DIGITS = re.compile(r"[^\dXx]")
_ISBN_10, _EAN_13 = 10, 13
_PRODUCT_NAME = re.compile(r"B0[0-9A-Z]{8}|tt\d{7,8}")
"""A number of Amazon, or a number of IMDb."""


def are_times(values: Sequence[str]) -> bool:
    """Return whether values look like times in any form."""
    return _are_times(values, lambda text: is_time(text) or pattern_of(text) is not None)


def are_written_times(values: Sequence[str]) -> bool:
    """Return whether values look like times, and are no numbers that may be something else."""
    return _are_times(values, lambda text: is_time(text) and not is_number(text))


def _are_times(values: Sequence[str], is_one: Callable[[str], bool]) -> bool:
    some = values[:: len(values) // SAMPLED + 1]
    return sum(map(is_one, some)) >= max(USUAL_SHARE * len(some), 1)


def are_numbers(values: Sequence[str]) -> bool:
    """Return whether values are numbers in any form."""
    return sum(number_of(value) is not None for value in values) >= USUAL_SHARE * len(values)


def are_varied_numbers(values: Sequence[str]) -> bool:
    """Return whether values are numbers, and not all the same."""
    return are_numbers(values) and (len(set(values)) > 1 or len(values) == 1)


def are_ratings(values: Sequence[str], *ids: Sequence[str]) -> bool:
    """Return whether values look like ratings: numbers with decimals, or few different numbers.

    Counts and amounts are no ratings, nor is a number that is the same in all rows.

    Args:
        values: the texts of a column.
        ids: the users and the movies of the ratings.
    """
    if not are_numbers(values) or are_counts(values) or are_amounts(values):
        return False
    different = {number for value in values if (number := number_of(value)) is not None}
    if max(map(abs, different), default=0) >= MOST_VALUES:
        return False
    if len(different) == 1 and len(values) >= FEWEST_ROWS:
        return False
    most = min([MOST_VALUES, *(len(set(side)) for side in ids if not _are_grouped(side))])
    return len(different) <= most or any(number % 1 for number in different)


def are_counts(values: Sequence[str]) -> bool:
    """Return whether values are counts, such as plays: most are 1 or 2, and a few much higher.

    The most frequent rating of a scale is hardly ever its lowest, and that of counts is.
    """
    numbers = sorted(number for value in values if (number := number_of(value)) is not None)
    if len(numbers) < FEWEST_ROWS or any(number % 1 for number in numbers):
        return False
    middle, most_frequent = numbers[len(numbers) // 2], mode(numbers)
    return (
        numbers[0] == most_frequent == 1
        and middle <= LOWEST_COUNTS
        and numbers[-1] > HIGHEST_SCALE_OF_FEW
    )


def are_amounts(values: Sequence[str]) -> bool:
    """Return whether values are amounts, such as hours: numbers with decimals, most of them low.

    Most ratings are in the upper half of their scale. Negative numbers are no amounts.
    """
    numbers = sorted(number for value in values if (number := number_of(value)) is not None)
    if len(numbers) < FEWEST_ROWS or not any(number % 1 for number in numbers) or numbers[0] < 0:
        return False
    middle, highest = numbers[len(numbers) // 2], numbers[-1]
    return highest > max(HIGHEST_SCALE_WITH_DECIMALS, HIGHEST_AMOUNT_PER_MIDDLE * middle)


def are_truth_values(values: Sequence[str]) -> bool:
    """Return whether values are words such as True and False, and both kinds occur."""
    words = {value.lower() for value in values} - {""}
    return bool(words & _TRUE) and bool(words & _FALSE) and words <= _TRUE | _FALSE


def are_unique(values: Sequence[str]) -> bool:
    """Return whether each row has another value, as the number of a row or of a review is."""
    return len(values) >= FEWEST_UNIQUE and len(set(values)) == len(values)


def are_row_numbers(values: Sequence[str]) -> bool:
    """Return whether each value is the number after the one before."""
    return len(values) >= FEWEST_ROWS and all(
        before.isdecimal() and after.isdecimal() and int(after) == int(before) + 1
        for before, after in pairwise(values)
    )


def is_property(values: Sequence[str], ids: Sequence[str]) -> bool:
    """Return whether values belong to the ids: equal ids have equal values.

    The category, the place and often the price of a movie are such values; ratings are not.
    """
    values_of = defaultdict(list)
    for one, value in zip(ids, values, strict=True):
        values_of[one].append(value)
    repeated = [several for several in values_of.values() if len(several) > 1]
    equal = sum(len(set(several)) == 1 for several in repeated)
    return (
        len(repeated) >= FEWEST_REPEATS
        and equal >= USUAL_SHARE * len(repeated)
        and len(set(values)) > 1
    )


def are_product_numbers(values: Sequence[str]) -> bool:
    """Return whether values are numbers of products, which users do not have.

    These are ISBN and EAN with a correct check digit, and the numbers of Amazon and IMDb.
    """
    some = values[:: len(values) // SAMPLED + 1]
    return sum(map(_is_product_number, some)) >= max(USUAL_SHARE * len(some), 1)


def _is_product_number(text: str) -> bool:
    if _PRODUCT_NAME.fullmatch(text):
        return True
    digits = [10 if digit in "Xx" else int(digit) for digit in _NOT_DIGITS.sub("", text)]
    if len(text) == _ISBN_10 == len(digits) and 10 not in digits[:-1]:
        return sum((10 - n) * digit for n, digit in enumerate(digits)) % 11 == 0
    if len(text) == _EAN_13 == len(digits) and 10 not in digits:
        return sum(digit * (1, 3)[n % 2] for n, digit in enumerate(digits)) % 10 == 0
    return False


def _are_grouped(ids: Sequence[str]) -> bool:
    """Return whether equal ids follow each other, as in rows sorted by user."""
    return len(list(groupby(ids))) == len(set(ids)) < len(ids)
