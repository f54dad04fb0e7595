"""`python -m reelhouse.serve LAKE`: write the snapshot of a lake, as the API does."""

import os
import sys
from pathlib import Path

from reelhouse.serve.recommender import read_snapshot

if __name__ == "__main__":
    os.nice(10)  # the requests to the API come first
    read_snapshot(Path(sys.argv[1]))
