"""`python -m reelhouse.als`: compile the kernels, so that the first fit does not have to."""

import numpy as np

from reelhouse.als import Settings, alternate
from reelhouse.als.packed import LocalRatings

ids = np.arange(8)
ratings = LocalRatings(ids, ids // 2, np.ones(8))
for settings in (
    Settings(4, 0.1, 1, "explicit"),
    Settings(4, 0.1, 2, "implicit", alpha=1.0),
):
    alternate(ratings, settings, seed=0)
