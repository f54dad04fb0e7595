"""Positions of ids in ascending arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int32]


def find_positions(
    distinct: NDArray[Any], ids: NDArray[Any]
) -> tuple[Positions, NDArray[np.bool_]]:
    """Return positions (n,) of ``ids`` in the ascending array ``distinct``, and which were found.

    The position of an id that was not found has no meaning.
    """
    if not len(distinct):
        return np.zeros(len(ids), np.int32), np.zeros(len(ids), bool)
    positions = np.minimum(np.searchsorted(distinct, ids), len(distinct) - 1)
    return positions.astype(np.int32), distinct[positions] == ids
