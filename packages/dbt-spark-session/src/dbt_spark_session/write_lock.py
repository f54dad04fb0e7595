"""Lock file that lets one dbt process write at a time; its lock ends with the process."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dbt_common.exceptions import DbtRuntimeError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WRITING_COMMANDS = frozenset({"build", "run", "seed", "snapshot", "clone", "run-operation"})
"""Commands that lock. When ``dbt retry`` creates its adapter, it is the command it repeats."""


def lock(descriptor: int) -> None:
    """Lock an open file or folder exclusively, without waiting; it is unlocked when it is closed.

    Raises:
        OSError: Another process holds the lock, or the system cannot lock files.
    """
    if fcntl is None:
        raise OSError(errno.ENOTSUP, "this operating system has no flock")
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class WriteLock:
    """Exclusive ``flock`` on a file that names the process holding it."""

    def __init__(self, path: Path) -> None:
        """Store the path of the lock file; ``acquire`` creates the file."""
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, command: str) -> None:
        """Take the lock without waiting.

        Raises:
            DbtRuntimeError: Another process holds the lock (the message names its pid, command
                and start), or the file system cannot lock files or is full.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Python opens files close-on-exec, so Java does not inherit the lock.
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise DbtRuntimeError(f"The lock file cannot be created: {error}") from error
        try:
            lock(descriptor)
        except (BlockingIOError, PermissionError):  # SMB raises PermissionError
            holder = self._holder(descriptor)
            os.close(descriptor)
            raise DbtRuntimeError(
                f"Another dbt process is writing here: {holder}. Wait until it has finished, "
                f"or stop it. (lock file: {self.path})"
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise DbtRuntimeError(
                f"The file system of {self.path} cannot lock files ({error.strerror}): name a file "
                "on a local disk as dbt.session.lock, or remove that parameter and start one "
                "command at a time."
            ) from error
        started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = {"pid": os.getpid(), "command": f"dbt {command}", "started_at": started}
        self._descriptor = descriptor
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(content).encode(), 0)
        except OSError as error:  # the disk is full
            self.release()
            raise DbtRuntimeError(
                f"The lock file {self.path} cannot be written: {error.strerror}"
            ) from error

    def release(self) -> None:
        """Release the lock; do nothing if it is not held."""
        if self._descriptor is not None:
            with suppress(OSError):  # a network file system that is no longer reachable
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def _holder(descriptor: int) -> str:
        try:
            holder = json.loads(os.pread(descriptor, 4096, 0))
            return f"pid {holder['pid']}, `{holder['command']}`, since {holder['started_at']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "a process whose entry in the lock file cannot be read"
