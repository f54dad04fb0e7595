"""Peak memory of this process and all it started, Java and Python workers among them."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil


class PeakMemory:
    """Samples resident memory while its block runs; ``megabytes`` is the highest sum seen."""

    def __init__(self, interval: float = 0.2) -> None:
        """Sample every ``interval`` seconds."""
        self.megabytes = 0.0
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
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
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:  # ended meanwhile
                    continue
            self.megabytes = max(self.megabytes, total / 2**20)
