"""Positions of 64-bit ids equal those of a dictionary."""

import numpy as np
import pytest

from reelhouse.als.csr import index_ids, require_positions
from reelhouse.als.ids import find_positions
from reelhouse.errors import ReelhouseError

LOWEST, HIGHEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
KINDS = {
    "dense": (-5, 60),
    "far": (2**62, 2**62 + 60),
    "sparse": (-(10**6), 10**6),
    "hashed": (LOWEST, HIGHEST),
}


def drawn(kind, seed):
    """Return ascending distinct ids, and unknown ids between, beside and far from them."""
    rng = np.random.default_rng(seed)
    low, high = KINDS[kind]
    distinct = np.unique(rng.integers(low, high, rng.integers(1, 40), endpoint=True))
    if kind == "hashed":  # ends included, in half of the cases
        distinct = np.unique(np.append(distinct, [LOWEST, HIGHEST])) if seed % 2 else distinct
    near = [int(i) + step for i in distinct for step in (-2, -1, 1, 2)]
    near = [i for i in [*near, LOWEST, -1, 0, 1, HIGHEST] if LOWEST <= i <= HIGHEST]
    return distinct, np.setdiff1d(np.array(near), distinct)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(25))
def test_positions_are_those_of_a_dictionary_and_an_unknown_id_is_refused(kind, seed):
    distinct, unknown = drawn(kind, seed)
    rng = np.random.default_rng(seed)
    ids = rng.choice(distinct, rng.integers(1, 200))
    places = {id: place for place, id in enumerate(distinct.tolist())}
    expected = [places[id] for id in ids.tolist()]
    assert require_positions(distinct, ids).tolist() == expected
    for other in unknown:
        with pytest.raises(ReelhouseError, match="not the same"):
            require_positions(distinct, np.append(ids, other))

    asked = rng.permutation(np.concatenate([ids, unknown]))
    found, known = find_positions(distinct, asked)
    assert known.tolist() == [id in places for id in asked.tolist()]
    assert found[known].tolist() == [places[id] for id in asked[known].tolist()]

    again, positions = index_ids(ids)
    assert np.array_equal(again, np.unique(ids))
    assert np.array_equal(again[positions], ids)


def test_no_ids_have_no_positions():
    none = np.zeros(0, np.int64)
    assert not len(require_positions(none, none)) and not len(find_positions(none, none)[0])
    assert not find_positions(none, np.array([3]))[1].any()
    with pytest.raises(ReelhouseError, match="not the same"):
        require_positions(none, np.array([3]))
