"""Publications that SIGKILL ends at random moments, beside readers that loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.conftest import PUBLISH_KILLS, counts_of
from tests.faults.kills import Killer
from tests.faults.lakes import FaultLake, Verifier
from tests.faults.readers import Reads, reading

pytestmark = pytest.mark.slow
_BETWEEN_COMPLETIONS = 10
"""Counted events after which a publisher must come to its end."""


def test_readers_see_whole_releases_while_publishers_are_killed(
    lake: FaultLake, fault_seed: str, tmp_path: Path
) -> None:
    killer = Killer(lake, f"{fault_seed} {lake.is_sqlite}", tmp_path)
    verifier = Verifier(lake)
    killer.prepare()
    reads = Reads()
    try:
        with reading(lake, tmp_path, reads):
            while killer.counts["publish_kills"] < PUBLISH_KILLS // 2:
                killer.kill_one()
                verifier.verify(killer.acknowledged)
                if sum(killer.counts.values()) % _BETWEEN_COMPLETIONS == 0:
                    killer.complete_one()
            killer.complete_one()
            verifier.verify(killer.acknowledged)
        verifier.verify_all()
    finally:  # Ctrl-C ends a long run, and the counts until then are printed
        mixed = {kind: reads.counts[f"{kind}_mixed"] for kind in ("duckdb", "pyiceberg", "spark")}
        database = "sqlite" if lake.is_sqlite else "postgresql"
        counts_of(f"publish_kills_{database}").update(
            {
                **killer.counts,
                "releases": verifier.release_count,
                "lost_rows": verifier.lost_rows,
                "mixed_releases": verifier.mixed_releases,
                "mixed_reads": sum(mixed.values()),
                "unreadable": verifier.unreadable + reads.counts["unreadable"],
                "table_by_table_reads_of_two_releases": reads.counts["table_by_table_mixed"],
                **{key: n for key, n in reads.counts.items() if key.endswith("_reads")},
            }
        )

    problems = verifier.problems + reads.problems
    assert not problems, problems
    assert not any(mixed.values()), mixed
    for kind in mixed:
        assert reads.counts[f"{kind}_reads"] > 0
