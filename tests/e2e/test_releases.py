"""Commands on the releases of a lake that Spark has written."""

from __future__ import annotations

import json
import subprocess

import pytest

from reelhouse.lake.catalog import PUBLISHED
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import ROOT, Lake

pytestmark = pytest.mark.slow
USER = "7"


def reelhouse(lake: Lake, *arguments: str) -> str:
    done = subprocess.run(
        ["reelhouse", *arguments], cwd=ROOT, env=lake.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ratings_of(lake: Lake, catalog: str) -> int:
    with LakeSession(lake.folder, catalog=catalog) as session:
        count: int = session.scalar(f"select count(*) from interactions where user_id = {USER}")
        return count


def test_a_forgotten_user_stays_away_through_builds_and_rollbacks(tiny: Lake) -> None:
    before = ratings_of(tiny, "r1")
    assert before > 0

    assert "none of the other" in reelhouse(tiny, "forget", USER)
    assert ratings_of(tiny, "r1") == ratings_of(tiny, PUBLISHED) == 0

    said = tiny.dbt("build", "--exclude-resource-type", "unit_test")
    assert "published release r2" in said
    assert ratings_of(tiny, "r2") == 0
    rejected = tiny.table("rejected_ratings").to_pylist()
    forgotten = [row for row in rejected if row["rule"] == "user_forgotten"]
    assert len(forgotten) >= before
    assert {row["raw_user_id"] for row in forgotten} == {None}

    assert "release 1 is current again" in reelhouse(tiny, "rollback", "1")
    assert ratings_of(tiny, PUBLISHED) == 0

    releases = json.loads(reelhouse(tiny, "history", "--format=json"))
    assert [row["release"] for row in releases] == ["r3", "r2", "r1"]
    assert [row["copy_of"] for row in releases] == ["r1", None, None]
    assert releases[0]["ratings"] == releases[1]["ratings"] == releases[2]["ratings"] > 0
    assert releases[1]["data"] == releases[2]["data"]
    assert releases[1]["seconds"] > 0
    assert "changes since r1" in reelhouse(tiny, "history", "--release=2")

    assert "kept       r3" in reelhouse(tiny, "maintain", "--keep=1", "--grace=0")
    assert ratings_of(tiny, PUBLISHED) == 0
    said = tiny.dbt("test", "--select", "some_ratings_are_accepted")
    assert "PASS some_ratings_are_accepted" in said
