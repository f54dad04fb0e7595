"""Folder for the temporary files of a run; if the run is killed, the next run removes it."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

from dbt_spark_session.write_lock import lock

PREFIX = "dbt-session-"


def scratch_folder(parent: Path) -> Path:
    """Create a folder for this process in ``parent``; remove the folders of processes that ended.

    The folder is locked until this process ends. If ``parent`` has a comma, which separates paths
    for Spark, the system's temporary folder is used instead.
    """
    if "," in str(parent):
        parent = Path(tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    for folder in parent.glob(f"{PREFIX}*"):
        _remove_if_unlocked(folder)
    # Lock it before another process can find it by its prefix.
    new = tempfile.mkdtemp(prefix=".new-", dir=parent)
    _lock(Path(new))
    return Path(new).rename(parent / f"{PREFIX}{uuid.uuid4().hex[:12]}")


def _remove_if_unlocked(folder: Path) -> None:
    descriptor = _lock(folder)
    if descriptor is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Lock a folder until the returned descriptor is closed; None if it cannot be locked."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            lock(descriptor)
        except OSError:
            os.close(descriptor)
        else:
            return descriptor
    return None
