"""Memory of this process and its descendants, such as Java and the Python workers."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]


class Memory:
    """Samples memory during a `with` block."""

    def __init__(self, interval: float = 0.2) -> None:
        """Sample every ``interval`` seconds."""
        self._samples: list[tuple[float, float]] = []
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def peak(self, start: float = 0.0, end: float = float("inf")) -> float:
        """Return the highest sample in MB, between two times of ``time.time()`` if given."""
        # For a span shorter than the interval, the next sample counts.
        end = max(end, start + 2 * self._interval)
        return max((mb for at, mb in self._samples if start <= at <= end), default=0.0)

    def __enter__(self) -> Self:
        """Start sampling."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop sampling."""
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        me = psutil.Process()
        while not self._ended.wait(self._interval):
            processes = [me, *me.children(recursive=True)]
            total = sum(_proportional_kb(process.pid) for process in processes)
            self._samples.append((time.time(), total / 2**10))


def _proportional_kb(pid: int) -> int:
    """Return the memory of a process in KB; a page that n processes share counts 1/n (Linux's PSS).

    Python workers are forked and share pages, which their resident sizes would count repeatedly.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
