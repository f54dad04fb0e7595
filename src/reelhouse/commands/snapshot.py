"""Write the snapshot of `reelhouse recommend` and the API when a command publishes a release."""

from contextlib import suppress

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import chosen_lake


def write_snapshot() -> None:
    """Write the snapshot of the newest release, so that the first list is as fast as the next.

    An error is left to `reelhouse recommend`, which reads the lake again and prints the error.
    """
    from reelhouse.serve.recommender import read_snapshot

    with suppress(ReelhouseError):
        read_snapshot(chosen_lake())
