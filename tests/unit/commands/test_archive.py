"""The environment for the nodes of a cluster, unpacked in another folder."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pyspark
import pytest

from reelhouse.commands import archive
from reelhouse.paths import ROOT

MODULES = (
    *("reelhouse.als.spark_ratings", "reelhouse.ranking.recommend"),
    *("reelhouse.algorithms.explanations", "reelhouse.als.kernels", "pandas"),
)
"""Modules whose functions run in executors."""


def test_the_environment_imports_what_executors_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "packed" / "environment.tar.gz"
    monkeypatch.setattr(archive, "ARCHIVE", file)
    archive.write_archive()
    with tarfile.open(file) as packed:
        packed.extractall(tmp_path / "node", filter="fully_trusted")
    assert str(file) in capsys.readouterr().out

    of_spark = sorted((Path(pyspark.__file__).parent / "python" / "lib").glob("*.zip"))
    sent = ":".join(map(str, [ROOT / "src", *of_spark]))
    program = f"import {', '.join(MODULES)}, sys; print(sys.prefix, pandas.__file__)"

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tmp_path / "node" / "bin" / "python", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
                **variables,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    done = run("-c", program, PYTHONPATH=sent)
    assert done.returncode == 0, done.stderr
    prefix, imported = done.stdout.split()
    assert prefix == str(tmp_path / "node")
    assert imported.startswith(prefix)
    assert "No module named 'reelhouse'" in run("-c", "import reelhouse").stderr
