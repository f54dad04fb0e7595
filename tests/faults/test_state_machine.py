"""Random sequences of commands and kills, after each of which readers see exactly one release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from reelhouse.lake.releases import releases_of
from tests.faults.conftest import SEED, counts_of
from tests.faults.killed_calls import is_killed, publish, roll_back, run_command
from tests.faults.machine import USERS, ReleaseMachine

EXAMPLES = 40
"""Sequences with kills."""


class KilledReleaseMachine(ReleaseMachine):
    """The same, with SIGKILL in the middle of publications, rollbacks and commands."""

    def _count(self, kind: str, was_killed: bool) -> None:
        counts_of("state_machine")[f"machine_{kind}_kills"] += was_killed

    def _take_publication(self, content: dict[str, int]) -> None:
        """Add the release of a command that was killed, if it has come to its commit."""
        newest = releases_of(self._path())[:1]
        for release in newest:
            if release.number not in self.published:
                self.published[release.number] = dict(content)

    def _path(self) -> Path:
        return Path(self.lake.folder)

    @rule(calls=st.integers(1, 220))
    def killed_publication(self, calls: int) -> None:
        was_killed = is_killed(calls, publish, self.lake, self.newest, self.invocation())
        self._count("publish", was_killed)
        self._take_publication(self.built)

    @precondition(lambda self: len(self.published) > 1)
    @rule(calls=st.integers(1, 220), data=st.data())
    def killed_rollback(self, calls: int, data: Any) -> None:
        number = data.draw(st.sampled_from(sorted(self.published)))
        before = set(self.published)
        was_killed = is_killed(calls, roll_back, self.lake, number, self.invocation())
        self._count("rollback", was_killed)
        self._take_publication(self.published[number])
        if self.published.keys() != before:
            self.built = dict(self.published[number])

    @precondition(lambda self: self.published)
    @rule(calls=st.integers(1, 400), keep=st.integers(1, 3))
    def killed_maintenance(self, calls: int, keep: int) -> None:
        self.checked.clear()
        was_killed = is_killed(
            calls, run_command, self.lake, "maintain", f"--keep={keep}", "--grace=0"
        )
        self._count("maintain", was_killed)
        kept = {release.number for release in releases_of(self._path())}
        assert kept in (self.published.keys(), set(sorted(self.published)[-keep:]))
        self.published = {n: content for n, content in self.published.items() if n in kept}

    @precondition(lambda self: self.published and len(self.forgotten) < len(USERS) - 1)
    @rule(calls=st.integers(1, 900), data=st.data())
    def killed_forget(self, calls: int, data: Any) -> None:
        """A person is forgotten after the command is repeated."""
        user = data.draw(st.sampled_from([u for u in USERS if u not in self.forgotten]))
        self.checked.clear()
        was_killed = is_killed(calls, run_command, self.lake, "forget", str(user))
        self._count("forget", was_killed)
        if was_killed:
            run_command(None, self.lake, "forget", str(user))
        self.forgotten.add(user)


def _run(machine: type[ReleaseMachine], examples: int, steps: int) -> None:
    seed(SEED)(machine)
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        if ReleaseMachine.java is not None:
            ReleaseMachine.java.end()
            ReleaseMachine.java = None


def test_every_reader_sees_exactly_one_release() -> None:
    _run(ReleaseMachine, examples=5, steps=10)


@pytest.mark.slow
def test_every_reader_sees_exactly_one_release_after_kills() -> None:
    _run(KilledReleaseMachine, examples=EXAMPLES, steps=14)
    counts_of("state_machine")["machine_examples"] += EXAMPLES
