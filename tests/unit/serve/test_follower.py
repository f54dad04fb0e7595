"""How often a version of a lake that cannot be read is tried again."""

import asyncio
from pathlib import Path

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.serve import follower
from tests.unit.lakes import TABLES, build_lake

SECOND = 0.01
"""Length of a second of the follower in this test."""


def test_a_version_that_cannot_be_read_is_tried_after_longer_and_longer_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = build_lake(tmp_path / "lake", TABLES)
    monkeypatch.setattr(follower, "SECONDS_BETWEEN_CHECKS", SECOND)
    attempts = []

    def read_version(lake: Path) -> str:
        attempts.append(lake)
        raise ReelhouseError("a table is lost")

    monkeypatch.setattr(follower, "_version", read_version)

    async def take() -> str:
        raise AssertionError

    async def follow() -> None:
        following = asyncio.create_task(follower.follow(lake, "", take))
        await asyncio.sleep(100 * SECOND)
        following.cancel()

    asyncio.run(follow())
    # At most after 0, 2, 4, 8, 16, 32 and 64 pauses.
    assert 2 <= len(attempts) <= 7
