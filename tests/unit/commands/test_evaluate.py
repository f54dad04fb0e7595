"""`reelhouse evaluate` refuses protocols for which the lake has no data."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from reelhouse.commands.evaluate import evaluate
from reelhouse.errors import ReelhouseError
from tests.unit.lakes import TABLES, build_lake


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("leave_last", "leave_last splits by time, and the ratings in the lake have no times"),
        ("given", "given takes the splits of the source, which does not name both train and test"),
    ],
)
def test_a_protocol_without_its_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, said: str
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(build_lake(tmp_path / "lake")))
    with pytest.raises(ReelhouseError, match=said):
        evaluate([protocol], "local")


def test_given_splits_are_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scale = TABLES["int_rating_scale"].drop_columns("fold_count")
    scale = scale.append_column("fold_count", pa.array([1], pa.int32()))
    lake = build_lake(tmp_path / "lake", {**TABLES, "int_rating_scale": scale})
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    options: list[str] = []
    module = "reelhouse.commands.evaluate"
    monkeypatch.setattr(f"{module}.dbt_build", lambda _, *given: options.extend(given))
    monkeypatch.setattr(f"{module}._print_comparison", lambda _: None)
    evaluate(["given"], "local")
    assert '"protocols": ["random", "global_time", "given"]' in options[-1]
