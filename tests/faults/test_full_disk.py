"""A disk that is full while tables are built and published."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bare_java import bare_java
from dbt_spark_session.releases import Releases
from tests.faults.conftest import counts_of
from tests.faults.lakes import PUBLISHED, FaultLake, Verifier
from tests.faults.publisher import Builder

pytestmark = pytest.mark.slow
DISKS = 30
_MOST_FREE = 120_000
"""Bytes that are free at most when a build starts; it needs about as many."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk]).returncode != 0:
        pytest.skip("no right to mount a file system")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_leaves_readers_on_a_whole_release(small_disk: Path, fault_seed: str) -> None:
    counts = counts_of("full_disks")
    chance = random.Random(fault_seed)
    lake = FaultLake(str(small_disk))
    verifier = Verifier(lake)
    acknowledged: set[int] = set()
    filler = small_disk / "filler"
    with bare_java() as java:
        builder = Builder(java, lake)
        releases = Releases(builder.catalog, PUBLISHED)
        builder.build(1)
        acknowledged.add(releases.publish(None, "build-1").number)
        for number in range(2, DISKS + 2):
            current = releases.current()
            assert current is not None
            is_built = chance.random() < 0.5  # the disk is full in the publication
            if is_built:
                builder.build(number)
            fill(filler, chance.randrange(_MOST_FREE))
            try:
                if not is_built:
                    builder.build(number)
                acknowledged.add(releases.publish(current.number, f"build-{number}").number)
            except Exception:
                counts["full_disks"] += 1
                counts["full_disks_in_publications"] += is_built
                verifier.verify(acknowledged)
            filler.unlink()
            # The next build completes without repair.
            builder.build(number)
            newest = releases.current()
            assert newest is not None
            acknowledged.add(releases.publish(newest.number, f"again-{number}").number)
            verifier.verify(acknowledged)
        builder.close()
    verifier.verify_all()
    counts["lost_rows"] += verifier.lost_rows
    counts["unreadable"] += verifier.unreadable
    assert not verifier.problems, verifier.problems
    assert counts["full_disks"] > 0


def fill(filler: Path, free: int) -> None:
    """Fill a disk with a file, and leave some bytes free."""
    with filler.open("wb", buffering=0) as file:
        with suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        file.truncate(max(filler.stat().st_size - free, 0))
