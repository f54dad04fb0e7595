"""Validation errors against plain numpy."""

import numpy as np
import pytest

from reelhouse.algorithms.held_out_lists import Factors, HeldOutLists, Popularity
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.algorithms.validation import HeldOut, rmse_metric
from reelhouse.errors import ReelhouseError

IDS = {"user": np.array([1, 4, 9]), "movie": np.array([2, 3, 5, 7])}
USERS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32)
# Scores of user 1: 4 3 2 1; of user 4: 1 2 3 4; of user 9: 5 5 5 5.
MOVIES = np.array([[4.0, 1.0], [3.0, 2.0], [2.0, 3.0], [1.0, 4.0]], np.float32)


def rows(*triples):
    return RatingRows(*(np.array(column) for column in zip(*triples, strict=True)))


def held_out(*quadruples):
    *columns, baselines = zip(*quadruples, strict=True)
    return HeldOut(RatingRows(*map(np.array, columns)), np.array(baselines), 1.0, 5.0)


def popularity(**counts):
    return Popularity(
        np.array([int(name.removeprefix("m")) for name in counts]), np.array([*counts.values()])
    )


def test_errors_are_those_of_clipped_predictions_with_the_baseline_for_the_unknown():
    # Scores 4, 4, 9 clipped to 5; user 8 and movie 4 are unknown: baselines 3.5 and 0 clipped to 1.
    rows = held_out(
        (1, 2, 5.0, 2.0), (4, 7, 2.0, 2.0), (9, 2, 4.5, 2.0), (8, 2, 3.0, 3.5), (9, 4, 1.5, 0.0)
    )
    expected = np.sqrt((1 + 4 + 0.25 + 0.25 + 0.25) / 5)
    movies = MOVIES + np.array([[0.0, 4.0], [0, 0], [0, 0], [0, 0]], np.float32)
    error = rmse_metric(IDS, rows, predicts_residuals=False)(USERS, movies)
    assert error == pytest.approx(expected)
    # Residuals 2, 2, 7: with the baseline of 2 the same predictions.
    residuals = movies - np.array([[2.0, 2.0], [2, 2], [2, 2], [2, 2]], np.float32)
    users = USERS.copy()
    users[2] = [0.5, 0.5]  # the sum of 2 and 3 halves, on 2
    again = rmse_metric(IDS, rows, predicts_residuals=True)(users, residuals)
    halved = np.clip(2 + (movies[0].sum() - 4) / 2, 1, 5)
    assert again == pytest.approx(np.sqrt((1 + 4 + (halved - 4.5) ** 2 + 0.25 + 0.25) / 5))


def test_lists_are_validated_by_ndcg_without_what_was_seen():
    held_out = rows((1, 3, 1.0), (4, 2, 1.0), (4, 5, 1.0))
    seen = rows((1, 2, 1.0), (4, 7, 1.0), (9, 2, 1.0))
    lists = HeldOutLists(held_out, seen, popularity(m2=2, m3=1, m5=1, m7=1), seed=1)
    error = lists.metric(IDS)(USERS, MOVIES)
    # User 1: movie 3 comes first. User 4: 5 comes first, and 2 third.
    expected = (1 + (1 + 1 / 2) / (1 + 1 / np.log2(3))) / 2
    assert error == pytest.approx(1 - expected)


def test_lists_of_users_and_movies_unknown_to_the_fit_are_those_of_a_build():
    """Movie 6 is rated, but not liked; movie 8 is not in train; user 5 has no factors."""
    held_out = rows((1, 6, 1.0), (1, 8, 1.0), (5, 6, 1.0))
    seen = rows((1, 2, 1.0), (5, 3, 1.0))
    counts = popularity(m2=5, m3=9, m5=1, m6=3, m7=2)
    scores = np.array([[9.0, 0], [3, 0], [-2, 0], [-1, 0]], np.float32)
    lists = HeldOutLists(held_out, seen, counts, seed=1)
    error = lists.metric(IDS)(USERS, scores)
    # User 1 gets 3, 6 (which scores 0), 7, 5: one of two, in second place. User 5 gets the popular
    # 2, 6, 7, 5: one of one, in second place.
    second, ideal = 1 / np.log2(3), 1 + 1 / np.log2(3)
    assert error == pytest.approx(1 - (second / ideal + second) / 2)
    # The order of a blend of two equal parts is that of each part.
    part = Factors(IDS, USERS, scores)
    assert lists.blend_errors([part, part], np.array([[0.5, 0.5], [0.25, 0.75]])) == pytest.approx(
        [error, error]
    )


def test_rows_of_unknown_pairs_alone_are_refused():
    with pytest.raises(ReelhouseError, match="no validation error"):
        rmse_metric(IDS, held_out((8, 2, 1.0, 1.0)), predicts_residuals=False)
    with pytest.raises(ReelhouseError, match="no validation error"):
        lists = HeldOutLists(rows((8, 2, 1.0)), rows((1, 2, 1.0)), popularity(m2=1), seed=1)
        lists.metric(IDS)


def test_a_blend_weighs_the_standardised_scores_of_each_user():
    """Part one ranks 2, 3, 5, 7 for user 1, and part two 7 first."""
    lists = HeldOutLists(
        rows((1, 7, 1.0)), rows((1, 2, 1.0)), popularity(m2=1, m3=1, m5=1, m7=1), seed=1
    )
    one = Factors(IDS, USERS, MOVIES)
    two = Factors(IDS, USERS, 1000 * np.array([[0.0, 0], [0, 0], [0, 0], [1, 0]], np.float32))
    third, first = 1 / np.log2(4), 1.0
    errors = lists.blend_errors([one, two], np.array([[0.9, 0.1], [0.1, 0.9], [1.0, 0.0]]))
    assert errors == pytest.approx([1 - third, 1 - first, 1 - third])
