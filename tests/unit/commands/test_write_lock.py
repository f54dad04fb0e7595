"""One process at a time writes to a lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from reelhouse.commands.write_lock import refuse_second_writer, write_lock
from reelhouse.errors import ReelhouseError


def test_a_second_writer_is_refused_until_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path))
    refuse_second_writer()  # a lake without a lock has no writer

    with write_lock(tmp_path, "build"):
        with pytest.raises(ReelhouseError, match="Another dbt process is writing here"):
            refuse_second_writer()
        with pytest.raises(ReelhouseError, match="Another dbt process is writing here"):
            write_lock(tmp_path, "clean").__enter__()

    refuse_second_writer()
