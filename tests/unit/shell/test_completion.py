"""Completion at the prompt of `reelhouse shell`."""

from pathlib import Path

import pytest

from reelhouse.shell.completion import completions

OPTIONS = {"run": ["--select", "-s", "--vars", "--full-refresh"], "show": ["--inline", "--limit"]}


def completed(line: str) -> list[str]:
    """Complete the text after the last delimiter, as readline does."""
    word = line
    for delimiter in " +@,=":
        word = word.rpartition(delimiter)[2]
    return completions(line, word, OPTIONS)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ru", ["run", "run-operation"]),
        ("dbt sn", ["snapshot"]),
        ("reelhouse ev", ["evaluate"]),
        ("A=b sna", ["snapshot"]),
        ("run --f", ["--full-refresh"]),
        ("dbt run --v", ["--vars"]),
        ("show --li", ["--limit"]),
        ("run --select als_fac", ["als_factors"]),
        ("run -s als_fac", ["als_factors"]),
        ("run --select=als_fac", ["als_factors"]),
        ("run -s movies +als_fac", ["als_factors"]),
        ("run -s movies,+als_fac", ["als_factors"]),
        ("build --exclude als_fac", ["als_factors"]),
        ("test -s no_metric_is", ["no_metric_is_implausible"]),
        ("seed -s ranking_c", ["ranking_cutoffs"]),
        ("run -s stag", ["staging"]),
        ("run -s tag", ["tag:"]),
        ("run --vars als_fac", []),
        ("run als_fac", []),
        ("history mov", []),
    ],
)
def test_the_last_word_is_completed(line: str, found: list[str]) -> None:
    assert completed(line) == found


def test_options_of_dbt_are_known_when_dbt_is_loaded() -> None:
    assert completions("run --se", "--se") == ["--select"]


def test_a_query_is_completed_with_the_tables_of_the_lake(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELHOUSE_LAKE", str(lake))
    assert completed("select * from model_c") == ["model_comparison"]
    monkeypatch.setenv("REELHOUSE_LAKE", str(tmp_path / "none"))
    assert completed("select * from model_c") == []
