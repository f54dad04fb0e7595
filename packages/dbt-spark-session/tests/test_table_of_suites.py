"""The README's table of dbt's adapter suites has every suite, once; its tests exist."""

from __future__ import annotations

import re
from pathlib import Path

from processes import PACKAGE
from reasons import SKIPPED
from suites import run_suites, suites, table


def test_every_suite_runs_or_has_a_reason() -> None:
    skipped = [name for names in SKIPPED.values() for name in names]
    assert sorted([*run_suites(), *skipped]) == sorted(suites())


def test_the_readme_has_the_table() -> None:
    assert table() in (PACKAGE / "README.md").read_text()


def test_the_tests_that_the_readme_names_exist() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"`([Tt]est\w+)`", (PACKAGE / "README.md").read_text()))
    assert len(named) > 5
    assert [name for name in named if not re.search(rf"(def|class) {name}\b", tests)] == []
