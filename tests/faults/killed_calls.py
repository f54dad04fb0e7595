"""Run a function in a process that SIGKILL ends at its n-th call of our code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from bare_java import start_java
from dbt_spark_session.releases import Releases
from reelhouse.cli import main
from reelhouse.commands import forget, maintain
from tests.faults.lakes import BUILD, PUBLISHED, FaultLake, forking_context

_OURS = ("/reelhouse/", "/dbt_spark_session/")
_IMPORTED = (forget, maintain)
"""Modules that the server of processes has imported, so that a process starts in a moment."""


def is_killed(calls: int, target: Callable[..., None], *arguments: Any) -> bool:
    """Run a function in a process; return whether it was killed.

    Args:
        calls: the number of calls at which the process is killed with its children. Calls of
            functions of Reelhouse and the plug-in count, and the calls that these make into C, such
            as the statements of SQLite. A function with fewer calls ends by itself.
        target: the function.
        arguments: its arguments.
    """
    process = forking_context().Process(target=_run, args=(calls, target, arguments))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return bool(process.exitcode)


def _run(calls: int, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.setpgid(0, 0)
    left = calls

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal left
        file = frame.f_code.co_filename
        if event in ("call", "c_call") and any(part in file for part in _OURS):
            left -= 1
            if left == 0:
                os.killpg(0, signal.SIGKILL)

    target(count, *arguments)


def publish(count: Any, lake: FaultLake, started_from: int | None, invocation: str) -> None:
    """Publish with a Java process that dies with this one."""
    java = start_java()
    releases = Releases(java.catalog(BUILD, lake.settings), PUBLISHED)
    sys.setprofile(count)
    releases.publish(started_from, invocation)
    sys.setprofile(None)
    java.end()


def roll_back(count: Any, lake: FaultLake, number: int, invocation: str) -> None:
    """Roll back with a Java process that dies with this one."""
    java = start_java()
    releases = Releases(java.catalog(BUILD, lake.settings), PUBLISHED)
    sys.setprofile(count)
    releases.roll_back(number, invocation)
    sys.setprofile(None)
    java.end()


def run_command(count: Any, lake: FaultLake, *arguments: str) -> None:
    """Run a command of Reelhouse."""
    os.environ["REELHOUSE_LAKE"] = lake.folder
    sys.setprofile(count)
    assert main(arguments) == 0
    sys.setprofile(None)
