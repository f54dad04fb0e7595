"""Kill publishers at random moments, and count the kills that have hit a publication."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.faults.lakes import FaultLake, forking_context
from tests.faults.publisher import publish_in_a_loop, write_classes
from tests.unit.processes import runs

PATIENCE = 120.0
"""Seconds after which a publisher that says nothing is a failure."""
_VICTIMS = ("all", "python", "java")
"""What is killed: dbt's process with its Java process at once, or one of them."""


class Killer:
    """Starts publishers and kills them, one after the other."""

    def __init__(self, lake: FaultLake, seed: str, folder: Path) -> None:
        self._lake = lake
        self._random = random.Random(seed)
        self._log = folder / "publisher.log"
        self._context = forking_context()
        self._classes = str(folder / "classes.jsa")
        self._seconds = {True: 1.0, False: 0.3}
        """How long the last publications took: the first one of a publisher, and a later one."""
        self._next_build = 3
        self.acknowledged: set[int] = set()
        self.counts: Counter[str] = Counter()

    def prepare(self) -> None:
        """Publish twice, and write an archive of Java classes for the publishers."""
        writer = self._context.Process(target=write_classes, args=(self._lake, self._classes))
        writer.start()
        writer.join(PATIENCE)
        assert writer.exitcode == 0
        self.acknowledged = {1, 2}

    def kill_one(self) -> None:
        """Start a publisher, let it publish a few times, and kill it in the next publication."""
        survived = self._random.choice((0, 0, 1, 2))
        victim = self._random.choice(_VICTIMS)
        with self._publisher() as (publisher, said):
            java = _expect(said, "java")
            for publication in range(survived + 1):
                self._next_build = _expect(said, "begin") + 1
                began = time.monotonic()
                if publication < survived:
                    self._acknowledge(_expect(said, "end"))
                    self._seconds[publication == 0] = time.monotonic() - began
            time.sleep(self._random.uniform(0, 1.1 * self._seconds[survived == 0]))
            self._kill(victim, publisher, java)
            self._read_last_words(said)

    def complete_one(self) -> None:
        """Let a new publisher build and publish once, without any repair."""
        with self._publisher() as (publisher, said):
            java = _expect(said, "java")
            self._next_build = _expect(said, "begin") + 1
            self._acknowledge(_expect(said, "end"))
            self._kill("all", publisher, java)

    @contextmanager
    def _publisher(self) -> Iterator[tuple[Any, Connection]]:
        said, saying = self._context.Pipe(duplex=False)
        arguments = (self._lake, self._next_build, saying, str(self._log), self._classes)
        publisher = self._context.Process(target=publish_in_a_loop, args=arguments)
        publisher.start()
        saying.close()
        with said:
            yield publisher, said

    def _kill(self, victim: str, publisher: Any, java: int) -> None:
        """Kill the process, or Java, and wait until both have ended."""
        with suppress(ProcessLookupError):
            if victim == "all":
                os.killpg(publisher.pid, signal.SIGKILL)
            else:
                os.kill(publisher.pid if victim == "python" else java, signal.SIGKILL)
        publisher.join(PATIENCE)
        assert not publisher.is_alive(), f"the publisher does not end: {self._log.read_text()}"
        last = time.monotonic() + PATIENCE
        while runs(java):
            assert time.monotonic() < last, "Java outlives its parent"
            time.sleep(0.01)

    def _read_last_words(self, said: Connection) -> None:
        """Count the kill by what the publisher has said before it died."""
        is_publishing = True
        with suppress(EOFError):
            while True:
                word, number = said.recv()
                is_publishing = word in ("begin", "failed")
                if word == "end":
                    self._acknowledge(number)
                elif word == "begin":
                    self._next_build = number + 1
        self.counts["publish_kills" if is_publishing else "kills_beside_publications"] += 1

    def _acknowledge(self, number: int) -> None:
        self.acknowledged.add(number)
        self.counts["publications"] += 1


def _expect(said: Connection, expected: str) -> int:
    """Return the number that the publisher sends with a word."""
    assert said.poll(PATIENCE), f"the publisher does not come to its {expected}"
    word, number = said.recv()
    assert word == expected, f"the publisher said {word} and not {expected}"
    return int(number)
