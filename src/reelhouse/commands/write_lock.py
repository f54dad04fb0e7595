"""The lock that lets one process at a time write to the lake."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import lake_folder, lock_file


def refuse_second_writer() -> None:
    """Check that no other process writes to the lake.

    dbt checks this too, but only after Spark has started.

    Raises:
        ReelhouseError: another process writes to the lake.
    """
    if lock_file(lake_folder()).exists():
        with write_lock(lake_folder(), "build"):
            pass


@contextmanager
def write_lock(lake: Path, command: str) -> Iterator[None]:
    """Hold the write lock of the lake; ``command`` is named to processes that are refused.

    Raises:
        ReelhouseError: another process holds the lock, or the file cannot be created.
    """
    from dbt_common.exceptions import DbtRuntimeError

    from dbt_spark_session.write_lock import WriteLock

    lock = WriteLock(lock_file(lake))
    try:
        lock.acquire(command)
    except DbtRuntimeError as error:
        raise ReelhouseError(error.msg) from error
    try:
        yield
    finally:
        lock.release()
