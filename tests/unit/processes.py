"""CPU time of the processes that a test starts."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
WORK = 0.5
"""Seconds of CPU time after which a query certainly runs."""
LIMIT = 120
"""Seconds after which a wait fails."""


def only_child(pid: int, name: str = "") -> int:
    """Wait until the process has a child with this name, or any; return the id of the child."""
    children = Path(f"/proc/{pid}/task/{pid}/children")

    def find() -> list[int]:
        found = [int(child) for child in children.read_text().split()]
        return [child for child in found if name in ("", _name(child))]

    (child,) = _wait_for(find, f"process {pid} has no child {name}")
    return child


def wait_until_busy(pid: int) -> None:
    """Wait until the process has worked for a while longer."""
    began = _seconds_of_work(pid)
    _wait_for(lambda: _seconds_of_work(pid) > began + WORK, f"process {pid} does nothing")


def _wait_for(find: Callable[[], T], message: str) -> T:
    """Return the first value that is not empty; fail with the message after LIMIT seconds."""
    end = time.monotonic() + LIMIT
    while not (found := find()):
        assert time.monotonic() < end, f"after {LIMIT} seconds, {message}"
        time.sleep(0.05)
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return ""


def _seconds_of_work(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def runs(pid: int) -> bool:
    """Return whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
