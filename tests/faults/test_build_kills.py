"""Whole builds of dbt and Spark that SIGKILL ends, of a small project and of Reelhouse."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from reelhouse.lake.catalog import PUBLISHED, read_catalog
from reelhouse.lake.damage import damaged_file
from reelhouse.lake.releases import releases_of
from tests.e2e.conftest import ROOT, TINY, Lake
from tests.faults.conftest import counts_of
from tests.faults.killed_builds import Kill, SmallProject, kill_at_a_node
from tests.faults.lakes import Verifier

pytestmark = pytest.mark.slow
SMALL_KILLS = 18
REELHOUSE_KILLS = 3
_BETWEEN_COMPLETIONS = 6


def test_a_small_project_that_is_killed_at_random_nodes(tmp_path: Path, fault_seed: str) -> None:
    counts = counts_of("build_kills_small")
    chance = random.Random(fault_seed)
    project = SmallProject(tmp_path)
    verifier = Verifier(project.lake)
    acknowledged = {project.build(1)}
    number = 1
    while counts["build_kills"] < SMALL_KILLS:
        number += 1
        kill = kill_at_a_node(project.command(number), tmp_path, dict(os.environ), chance)
        _count(kill, counts)
        verifier.verify(acknowledged)
        if number % _BETWEEN_COMPLETIONS == 0:
            number += 1
            acknowledged.add(project.build(number))
            counts["builds_completed_after_kills"] += 1
    acknowledged.add(project.build(number + 1))
    counts["builds_completed_after_kills"] += 1
    verifier.verify(acknowledged)
    verifier.verify_all()
    counts["lost_rows"] += verifier.lost_rows
    counts["unreadable"] += verifier.unreadable
    assert not verifier.problems, verifier.problems


def test_reelhouse_that_is_killed_at_random_nodes(tmp_path: Path, fault_seed: str) -> None:
    counts = counts_of("build_kills_reelhouse")
    chance = random.Random(fault_seed)
    lake = Lake(tmp_path / "lake", TINY, tune="no")
    build = ("build", "--exclude-resource-type", "unit_test")
    assert "published release r1" in lake.dbt(*build)
    first = read_catalog(lake.folder, "r1")
    while counts["build_kills"] < REELHOUSE_KILLS:
        kill = kill_at_a_node(lake.command(*build), ROOT, lake.environment, chance)
        _count(kill, counts)
        newest = releases_of(lake.folder)[0]
        counts["mixed_releases"] += read_catalog(lake.folder) != read_catalog(
            lake.folder, newest.catalog
        )
        for catalog in (PUBLISHED, "r1"):
            damaged = damaged_file(lake.folder, catalog)
            counts["unreadable"] += damaged is not None
            assert damaged is None
        assert read_catalog(lake.folder, "r1") == first
    assert "published release r" in lake.dbt(*build)
    counts["builds_completed_after_kills"] += 1
    assert damaged_file(lake.folder, PUBLISHED) is None
    assert not counts["mixed_releases"]


def _count(kill: Kill, counts: Counter[str]) -> None:
    """Count a kill; one that came after the end of dbt hits nothing."""
    counts["build_kills"] += kill.has_hit
    counts["build_kills_in_publications"] += kill.has_hit and kill.node > kill.nodes
