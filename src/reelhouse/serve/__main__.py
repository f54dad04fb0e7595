"""`python -m reelhouse.serve`: write the snapshot of the chosen lake, as the API does."""

import os

from reelhouse.lake.catalog import chosen_lake
from reelhouse.serve.recommender import read_snapshot

if __name__ == "__main__":
    os.nice(10)  # the requests to the API come first
    read_snapshot(chosen_lake())
