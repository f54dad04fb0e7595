"""The README's table of dbt's adapter suites has every suite, once."""

from __future__ import annotations

from processes import PACKAGE
from reasons import SKIPPED
from suites import run_suites, suites, table


def test_every_suite_runs_or_has_a_reason() -> None:
    skipped = [name for names in SKIPPED.values() for name in names]
    assert sorted([*run_suites(), *skipped]) == sorted(suites())


def test_the_readme_has_the_table() -> None:
    assert table() in (PACKAGE / "README.md").read_text()
