"""A folder for the temporary files of a run, which the next run removes if this one is killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "dbt-session-"


def scratch_folder(parent: Path) -> Path:
    """Make a folder for this process in ``parent``; remove the folders of processes that died.

    The folder is locked until this process ends. Spark takes a comma for the end of a path: the
    system's temporary folder replaces a parent with one.
    """
    if "," in str(parent):
        parent = Path(tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    for folder in parent.glob(f"{PREFIX}*"):
        _remove_if_unlocked(folder)
    # Locked before another process can find it by its name.
    new = tempfile.mkdtemp(prefix=".new-", dir=parent)
    _lock(Path(new))
    return Path(new).rename(parent / f"{PREFIX}{uuid.uuid4().hex[:12]}")


def _remove_if_unlocked(folder: Path) -> None:
    descriptor = _lock(folder)
    if descriptor is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Lock a folder until the descriptor is closed; None if that is not possible."""
    if fcntl is None:
        return None
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
        else:
            return descriptor
    return None
