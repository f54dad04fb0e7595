"""Progress of a dbt run, and how long its stages took."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections import Counter
from typing import Any

from tqdm import tqdm

SHOWN_NODES = 3
"""Number of running nodes that the bar or a line names."""
LONGEST_NAME = 50
"""Number of characters of a node's name that are shown."""
SILENT_SECONDS = 30.0
"""Longest time without a line, if the output is not a terminal."""
OTHER_STAGES = {"operation": "publishing"}
"""Type of a node → name of its stage, if it is not the plural of the type."""


class Progress:
    """A bar on a terminal, elsewhere a line for every tenth of the nodes and every 30 seconds.

    An instance is a callback for dbt's events, which dbt calls from several threads.
    """

    def __init__(self) -> None:
        """Start the clock; the bar appears with the first node."""
        self._running: dict[str, str] = {}
        self._done = self._printed_tenths = self._total = 0
        self._began = self._printed_at = time.monotonic()
        self._bar: tqdm[Any] | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        if not sys.stderr.isatty():
            threading.Thread(target=self._break_silence, daemon=True).start()

    def __call__(self, event: Any) -> None:
        """Count one event; ignore events that do not belong to a node."""
        name, data = event.info.name, event.data
        with self._lock:
            if name == "LogStartLine":
                self._total = data.total
            elif name == "NodeStart":
                self._running[data.node_info.unique_id] = data.node_info.node_name
            elif name == "NodeFinished":
                self._running.pop(data.node_info.unique_id, None)
                self._done += 1
            else:
                return
            if self._total:
                self._show()

    def close(self) -> None:
        """Remove the bar from the terminal, or print no more lines."""
        self._closed.set()
        if self._bar is not None:
            self._bar.close()

    def _show(self) -> None:
        if not sys.stderr.isatty():
            tenth = 10 * self._done // self._total
            if tenth > self._printed_tenths:
                self._printed_tenths = tenth
                self._print_line()
            return
        if self._bar is None:
            layout = "dbt build {n_fmt}/{total_fmt} [{elapsed}] {desc}"
            # tqdm shows nothing on a terminal that gives its size as 0.
            size = shutil.get_terminal_size()
            shape = {"ncols": size.columns - 1, "nrows": size.lines}
            self._bar = tqdm(total=self._total, leave=False, bar_format=layout, **shape)
            self._bar.start_t -= time.monotonic() - self._began
        self._bar.set_description_str(self._names(), refresh=False)
        self._bar.update(self._done - self._bar.n)
        self._bar.refresh()

    def _names(self) -> str:
        names = list(self._running.values())[:SHOWN_NODES]
        return ", ".join(shorten(name) for name in names)

    def _print_line(self) -> None:
        self._printed_at = time.monotonic()
        nodes = f"{self._done} of {self._total} nodes, " if self._total else ""
        names = f", running {self._names()}" if self._running else ""
        seconds = self._printed_at - self._began
        print(f"dbt build … {nodes}{seconds:.0f} s{names}", flush=True)

    def _break_silence(self) -> None:
        """Print a line whenever the last one is too old, until the end of the run."""
        while not self._closed.wait(self._printed_at + SILENT_SECONDS - time.monotonic()):
            with self._lock:
                is_silent = time.monotonic() - self._printed_at >= SILENT_SECONDS
                if is_silent and not self._closed.is_set():
                    self._print_line()


def shorten(name: str) -> str:
    """Return the start of the name of a node: names of data tests list all their columns."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def seconds_by_stage(result: Any) -> str:
    """Return a line with the seconds of work of each stage; empty if no node ran.

    The largest come first. Nodes that run at the same time add up.
    """
    seconds: Counter[str] = Counter()
    for finished in getattr(result.result, "results", []):
        kind = str(finished.node.resource_type)
        stage = finished.node.fqn[1] if kind == "model" else OTHER_STAGES.get(kind, f"{kind}s")
        seconds[stage] += finished.execution_time
    shown = [f"{stage} {spent:.0f}" for stage, spent in seconds.most_common() if spent >= 0.5]
    if not shown:
        return ""
    return f"           seconds of work, two at a time: {', '.join(shown)}"
