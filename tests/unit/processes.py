"""CPU time of the processes that a test starts."""

import os
import time
from pathlib import Path

WORK = 0.5
"""Seconds of CPU time after which a query certainly runs."""


def only_child(pid: int) -> int:
    """Wait until the process has a child; return the id of the child."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not (children.exists() and children.read_text()):
        time.sleep(0.05)
    return int(children.read_text().split()[0])


def wait_until_busy(pid: int) -> None:
    """Wait until the process has worked for a while longer."""
    began = _seconds_of_work(pid)
    while _seconds_of_work(pid) < began + WORK:
        time.sleep(0.05)


def _seconds_of_work(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def runs(pid: int) -> bool:
    """Return whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
