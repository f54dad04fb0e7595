"""PostgreSQL: connections that are cut in a commit, and a second builder."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from dbt_common.exceptions import DbtRuntimeError

from bare_java import bare_java
from dbt_spark_session.catalog_lock import CatalogLock
from dbt_spark_session.releases import Releases
from proxies import cutting_proxy
from tests.faults.conftest import counts_of
from tests.faults.lakes import PUBLISHED, FaultLake, Verifier
from tests.faults.publisher import Builder

pytestmark = pytest.mark.slow
CUTS = 40
_COMMIT_OF_A_TABLE = "UPDATE iceberg_tables"
"""The statement with which Iceberg commits a table."""


def test_a_lost_connection_neither_loses_nor_invents_a_release(
    postgresql_lake: FaultLake, fault_seed: str
) -> None:
    """Cut before a commit, after it, or when Iceberg commits a table of the build."""
    counts = counts_of("connections")
    chance = random.Random(fault_seed)
    verifier = Verifier(postgresql_lake)
    acknowledged: set[int] = set()
    with cutting_proxy(postgresql_lake.port) as proxy, bare_java() as java:
        behind_proxy = FaultLake(postgresql_lake.folder, proxy.port, postgresql_lake.database)
        builder = Builder(java, behind_proxy)
        releases = Releases(builder.catalog, PUBLISHED)
        builder.build(1)
        acknowledged.add(releases.publish(None, "build-1").number)
        for number in range(2, CUTS + 2):
            current = releases.current()
            assert current is not None
            cut = chance.choice((proxy.cut_after, proxy.cut_before))
            if chance.random() < 0.25:
                before = proxy.cuts
                cut(_COMMIT_OF_A_TABLE)
                _build_again_after_an_error(builder, number, counts)
                counts["cut_table_commits"] += proxy.cuts - before
            else:
                builder.build(number)
                cut("COMMIT")
            before = proxy.cuts
            try:
                release = releases.publish(current.number, f"build-{number}")
            except Exception as error:
                assert "I/O error" in str(error)
                assert releases.current() == current, "a failure was reported, but it was published"
                counts["publications_that_failed"] += 1
                release = releases.publish(current.number, f"build-{number}")
            else:
                counts["publications_found_committed"] += proxy.cuts > before
            assert releases.current() == release
            acknowledged.add(release.number)
            verifier.verify(acknowledged)
        counts["connections_cut"] += proxy.cuts
        builder.close()
    verifier.verify_all()
    counts["lost_rows"] += verifier.lost_rows
    counts["unreadable"] += verifier.unreadable
    assert not verifier.problems, verifier.problems
    assert len(acknowledged) == CUTS + 1


def _build_again_after_an_error(builder: Builder, number: int, counts: Counter[str]) -> None:
    """Build; if Iceberg reports a failure, build again, as the next `dbt build` does."""
    try:
        builder.build(number)
    except Exception:
        counts["table_commits_reported_as_failed"] += 1
        builder.build(number)


def test_a_second_builder_gets_one_sentence(postgresql_lake: FaultLake, tmp_path: Path) -> None:
    """Both builders are processes; the second one asks while the first one holds the lock."""
    with bare_java() as first, bare_java() as second:
        held = CatalogLock(first.catalog("build", postgresql_lake.settings))
        held.acquire("build")
        refused = CatalogLock(second.catalog("build", postgresql_lake.settings))
        with pytest.raises(DbtRuntimeError, match="Another dbt process is writing") as raised:
            refused.acquire("build")
        assert "\n" not in raised.value.msg
        counts_of("second_builder")["second_builders_refused"] += 1

        first.process.kill()  # the lock ends with the process
        refused.acquire("build")
        refused.release()
