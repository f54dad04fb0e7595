"""A lake of MovieLens 100k that a test may damage or remove."""

from pathlib import Path

import pyarrow as pa
import pytest

from tests.unit.lakes import TABLES, build_lake


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    raw_files = pa.table({"data": ["ml-100k"], "mapping": [""]})
    lake = build_lake(tmp_path / "lake", {**TABLES, "raw_files": raw_files})
    for name in ("REELHOUSE_DATA", "REELHOUSE_COLUMNS"):  # so that they are restored afterwards
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    return lake
