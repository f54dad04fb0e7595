"""`make demo` refuses before it builds: on a lake with other data, and on a port in use."""

from __future__ import annotations

import socket
from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.cli import main
from tests.unit.lakes import TABLES, build_lake


def test_a_lake_with_other_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    raw_files = pa.table({"data": ["ml-25m"], "mapping": [""]})
    lake = build_lake(tmp_path / "lake", {**TABLES, "raw_files": raw_files})
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    monkeypatch.setenv("REELHOUSE_COLUMNS", "user_id=gone")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--port", "0"])
    assert ended.value.code == 1
    said = capfd.readouterr().err
    assert "the lake holds ml-25m" in said
    assert "name another lake with REELHOUSE_LAKE" in said
    assert said.count("\n") == 1


def test_a_port_in_use_is_named_before_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "lake"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["demo", "--port", str(port)]) == 1
    assert f"port {port} cannot be used" in (said := capsys.readouterr().err)
    assert "`make demo PORT=8080`" in said
    assert not (tmp_path / "lake").exists()
