"""Which algorithms a build blends, and with which weights."""

import json

import numpy as np
import pytest
from pyspark.sql import Row

from reelhouse.algorithms.held_out_lists import Factors
from reelhouse.errors import ReelhouseError
from reelhouse.tuning.blend import blend_trial, simplex_weights

BLEND = Row(algorithm="blend", family="blend", defaults=7)


def algorithm(name, family="als", feedback="graded"):
    return Row(algorithm=name, family=family, feedback=feedback, reg=1.0, iterations=9)


def trial(name, error, **parameters):
    row = {"trial": f"{name}{error}", "algorithm": name, "error": error, "iterations": 5}
    return {**row, "parameters": json.dumps(parameters)}


class Fits:
    """Takes the part of a tuner: records the fits, and prefers much of the second part."""

    def __init__(self):
        self.inputs, self.lists, self.rows = "rows", self, []

    def fit(self, row):
        self.rows.append(row)
        return Factors({}, np.zeros((1, 1)), np.zeros((1, 1)))

    def blend_errors(self, parts, weights):
        return 1 - weights[:, 1]


def test_weights_are_multiples_of_a_sixth_of_two_parts_or_more():
    assert (6 * simplex_weights(2)).tolist() == [[1, 5], [2, 4], [3, 3], [4, 2], [5, 1]]
    three = simplex_weights(3)
    assert three.sum(axis=1) == pytest.approx(1)
    assert len(three) == 25 and ((three > 0).sum(axis=1) >= 2).all()
    assert [1 / 3, 1 / 3, 1 / 3] in three.tolist()


def test_the_best_trials_of_the_three_best_algorithms_are_blended():
    algorithms = [
        BLEND,
        *map(algorithm, "dbca"),
        algorithm("popularity", "popularity"),
        algorithm("e", feedback="explicit"),
    ]
    trials = [
        trial("e", 0.2, reg=1.0),
        trial("a", 0.7, reg=2.0),
        trial("a", 0.6, reg=3.0),
        trial("b", 0.9, reg=4.0),
        trial("c", 0.5, reg=5.0),
        trial("d", 0.8, reg=6.0),
        trial("popularity", 0.1),
    ]
    fits = Fits()
    (row,) = blend_trial(fits, algorithms, trials, {})
    assert [(part["algorithm"], part["reg"], part["iterations"]) for part in fits.rows] == [
        ("a", 3.0, 5),
        ("c", 5.0, 5),
        ("d", 6.0, 5),
    ]
    # The three highest weights of the second part are 5/6, 5/6 and 4/6.
    assert json.loads(row["parameters"])["c"] == pytest.approx(7 / 9)
    assert row["error"] == pytest.approx(2 / 9)
    assert row["defaults"] == 7

    again = Fits()
    (known,) = blend_trial(again, algorithms, trials, {row["trial"]: row})
    assert not again.rows and known["tried_at"] == row["tried_at"]


@pytest.mark.parametrize(
    ("algorithms", "names"), [([BLEND, algorithm("a")], "a"), (list(map(algorithm, "ab")), "ab")]
)
def test_one_part_or_a_disabled_blend_has_no_trial(algorithms, names):
    assert blend_trial(Fits(), algorithms, [trial(name, 0.5) for name in names], {}) == []


def test_several_blends_are_refused():
    with pytest.raises(ReelhouseError, match="has 2 enabled rows of the family blend"):
        blend_trial(Fits(), [BLEND, BLEND, *map(algorithm, "ab")], [], {})
