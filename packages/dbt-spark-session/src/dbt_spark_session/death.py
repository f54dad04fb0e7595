"""Detect that Spark's Java process has ended, and report it once."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkContext

MEMORY = "spark.driver.memory"
_OUT_OF_MEMORY = {3, 52}
"""Exit codes of Java with -XX:+ExitOnOutOfMemoryError, and of Spark."""
_PATIENCE = 5
"""Seconds to wait for the end of the process after the end of a connection."""
_SIGNS = ("java.lang.OutOfMemoryError", "SparkContext was shut down", "SparkContext was shutdown")

_noticing = threading.Lock()
_told: Any = None
"""Flags of the dbt invocation that has reported the end of Java."""
_running: dict[object, str] = {}
"""A key for each node that runs now → name of the node."""
_heap = ""
_log: str | None = None


class JavaDied(DbtRuntimeError):  # type: ignore[misc]
    """Spark's Java process has ended."""


def remember(heap: str, log: str | None) -> None:
    """Store the heap size and the log file of Java, for a report after its end."""
    global _heap, _log
    _heap, _log = heap, log


def has_died(error: BaseException | None = None) -> bool:
    """Return whether the Java process has ended; wait for its end if the error suggests it."""
    process: subprocess.Popen[bytes] | None = getattr(SparkContext._gateway, "proc", None)
    if process is None:
        return False
    if error is not None and _is_sign(error):
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return False
    return process.poll() is not None


def refuse_if_dead(error: BaseException | None = None) -> None:
    """Raise an error if the Java process has ended.

    Raises:
        JavaDied: The first message names the running nodes, the heap and the setting; later
            messages are brief.
    """
    global _told
    if not has_died(error):
        return
    with _noticing:
        if _told is get_flags():
            raise JavaDied("Spark's Java process has ended: see the first error") from error
        _told = get_flags()
    raise JavaDied(_describe(SparkContext._gateway.proc.returncode)) from error


@contextmanager
def named_in_report(node: str) -> Iterator[None]:
    """Let a report of the end of Java name this node, which runs meanwhile."""
    key = object()
    _running[key] = node
    try:
        yield
    finally:
        del _running[key]


def nodes_run() -> bool:
    """Return whether nodes of dbt run now."""
    return bool(_running)


def _is_sign(error: BaseException) -> bool:
    if isinstance(error, (ConnectionError, EOFError)):
        return True
    if isinstance(error, Py4JError) and not isinstance(error, Py4JJavaError):
        return True
    return any(sign in _text(error) for sign in _SIGNS)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        # py4j asks Java for the text, and fails if Java is dead.
        return _SIGNS[-1]


def _describe(code: int) -> str:
    during = f" while {' and '.join(sorted(_running.values()))} ran" if _running else ""
    heap = f"Its heap was {_heap}" if _heap else "The size of its heap is not known"
    log = f" (its output: {_log})" if _log else ""
    if code in _OUT_OF_MEMORY:
        how, remedy = "ran out of memory", f"{heap}: raise {MEMORY} in the profile"
    elif code == -signal.SIGKILL:
        how = "was killed (signal 9)"
        remedy = f"{heap} ({MEMORY} in the profile): lower it if the machine ran out of memory"
    else:
        how = f"crashed (signal {-code})" if code < 0 else f"ended with exit code {code}"
        remedy = f"{heap} ({MEMORY} in the profile)"
    return f"Spark's Java process {how}{during}{log}. {remedy}"
