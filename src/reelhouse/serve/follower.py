"""Notice that a command has changed a lake, and read the new version beside running requests."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from reelhouse.lake.catalog import read_catalog
from reelhouse.lake.cluster import ClusterLake, Lake, environment_of
from reelhouse.lake.databases import catalog_file
from reelhouse.lake.releases import newest_release
from reelhouse.serve.snapshot import lake_version

SECONDS_BETWEEN_CHECKS = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two attempts to read a version that cannot be read."""
RECENT_SECONDS = 5.0
"""Within this time of a change, a file may change again and keep the time of its last change."""
_logger = logging.getLogger("uvicorn.error")

VersionKey = tuple[int | None, str]
"""The newest release, None before the first, and the result of ``lake_version``."""
Stamp = list[tuple[int, int, int]]
"""The inode, size and time of change of each file of the catalog; for a cluster, its release."""


async def follow(
    lake: Lake, version: VersionKey, take: Callable[[], Awaitable[VersionKey]]
) -> None:
    """Call ``take`` whenever the version of a lake differs from the version that is served.

    An error, such as that of a lake that `make clean` has removed, is logged once. The old version
    is served until a version can be read. The same version is tried again after longer and longer
    pauses.

    Parameters
    ----------
    lake
        The lake.
    version
        The version that is served at first.
    take
        Serves the current version of the lake, and returns this version.
    """
    failure, checked = "", None
    stamp: Stamp | None = None
    pause, next_attempt = SECONDS_BETWEEN_CHECKS, 0.0
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_CHECKS)
        try:
            before, stamp = stamp, await asyncio.to_thread(_stamp, lake)
            if stamp == checked:  # the catalog need not be read each second
                continue
            if failure and stamp == before and time.monotonic() < next_attempt:
                continue
            if await asyncio.to_thread(_version, lake) != version:
                await _write_snapshot(lake)
                version = await take()
            checked = None if _is_recent(stamp) else stamp
        except Exception as error:  # otherwise the old version would be served forever
            if str(error) != failure:
                failure, pause = str(error), SECONDS_BETWEEN_CHECKS
                _logger.warning("the lake cannot be read, so its old version stays: %s", error)
            pause = min(2 * pause, LONGEST_PAUSE)
            next_attempt = time.monotonic() + pause
        else:
            failure = ""


def _stamp(lake: Lake) -> Stamp:
    if isinstance(lake, ClusterLake):  # dbt_spark_session changes it by releases only
        return [(newest_release(lake) or 0, 0, 0)]
    file = catalog_file(lake)
    files = [each for end in ("", "-wal") if (each := Path(f"{file}{end}")).exists()]
    found = [each.stat() for each in files]
    return [(each.st_ino, each.st_size, each.st_mtime_ns) for each in found]


def _is_recent(stamp: Stamp) -> bool:
    changed_at = max((changed_at for *_, changed_at in stamp), default=0)
    return time.time_ns() - changed_at < RECENT_SECONDS * 1e9


def _version(lake: Lake) -> VersionKey:
    return newest_release(lake), lake_version(read_catalog(lake))


async def _write_snapshot(lake: Lake) -> None:
    """Write the snapshot of the current version in another process.

    In this process, reading the lake would delay the requests for seconds. The result is not
    checked: if the process fails, ``take`` reads the lake and says why.
    """
    writer = await asyncio.create_subprocess_exec(
        # -P: a queue.py in the current folder must not run.
        *(sys.executable, "-P", "-m", "reelhouse.serve"),
        env=environment_of(lake),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await writer.wait()
