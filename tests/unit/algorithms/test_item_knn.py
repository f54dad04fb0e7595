"""Item kNN beside its definition, and beside its naive version."""

import hashlib

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from reelhouse.algorithms.item_knn import item_knn_weights


@pytest.mark.parametrize("block_cells", [1 << 22, 50])
def test_item_knn_has_the_nearest_neighbours_by_the_shrunk_cosine(monkeypatch, block_cells):
    """Two users make many ties, ordered by the MD5 hash of seed and id. 50 cells make blocks."""
    monkeypatch.setattr("reelhouse.algorithms.item_knn.BLOCK_CELLS", block_cells)
    rng = np.random.default_rng(2)
    ids = np.sort(rng.choice(2**62, 20, replace=False))
    for users in (2, 30):
        likes = (rng.random((users, 20)) < 0.4).astype(np.float32)
        found = item_knn_weights(
            csr_matrix(likes), ids, neighbours=3, shrinkage=2, seed=7
        ).toarray()
        both = likes.T @ likes
        for j in range(20):
            cosines = {
                i: both[i, j] / (np.sqrt(both[i, i] * both[j, j]) + 2)
                for i in range(20)
                if i != j and both[i, j]
            }
            ties = {i: hashlib.md5(f"7:{ids[i]}".encode()).hexdigest() for i in cosines}
            nearest = sorted(cosines, key=lambda i: (-np.float32(cosines[i]), ties[i]))[:3]
            assert sorted(np.flatnonzero(found[j])) == sorted(nearest)
            assert found[j, nearest] == pytest.approx([cosines[i] for i in nearest])


def test_shrunk_neighbours_rank_better_than_plain_cosines_of_all(likes, error_of_lists):
    """The naive version of item_knn: every neighbour, however few users like both movies."""
    ids, profiles = np.arange(likes.shape[1]), likes.toarray()

    def error(**parameters):
        weights = item_knn_weights(likes, ids, seed=1, **parameters)
        return error_of_lists(profiles, weights.toarray())

    assert error(neighbours=100, shrinkage=20) < error(neighbours=len(ids), shrinkage=0) - 0.02
