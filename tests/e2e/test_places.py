"""A checkout, a lake and data at paths that Java and Spark split, or cannot open by default."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reelhouse.commands.dbt import run_dbt
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import BUILD
from reelhouse.lake.session import LakeSession
from tests.e2e.conftest import ROOT

ODD = "räum, l'ich $y;"
SCRIPT = Path(__file__).with_name("place_session.py")


def test_a_path_may_hold_blanks_commas_and_umlauts_in_any_locale(tmp_path: Path) -> None:
    root = tmp_path / f'{ODD} "root"'
    shutil.copytree(ROOT / "profiles", root / "profiles")
    (root / "jars").symlink_to(ROOT / "jars")
    data = root / "ratings é.csv"
    data.write_text("1\n2\n")
    lake = tmp_path / f"{ODD}%20#\\?*" / "lake"
    lake.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}

    done = subprocess.run(
        [sys.executable, SCRIPT, root, data],
        env={**environment, "LC_ALL": "POSIX", "REELHOUSE_LAKE": str(lake), "REELHOUSE_CORES": "1"},
        capture_output=True,
        text=True,
    )

    assert done.stdout == "2\n", done.stderr
    assert (root / "logs" / "spark.log").is_file()
    with LakeSession(lake, catalog=BUILD) as session:
        assert session.scalar("select count(*) from kept") == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user without an entry in /etc/passwd")
def test_a_user_without_a_name_is_told_before_spark_starts() -> None:
    os.setresuid(54321, 0, 0)
    try:
        with pytest.raises(ReelhouseError, match="the user id 54321 has no entry in /etc/passwd"):
            run_dbt(["parse"])
    finally:
        os.setresuid(0, 0, 0)
