"""Which of dbt's adapter suites run here; as a program, print the table of the README.

A suite is a class of dbt-tests-adapter that has tests and that adapters inherit.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import dbt.tests.adapter

from reasons import SKIPPED

HERE = Path(__file__).parent
_SUITES = Path(dbt.tests.adapter.__path__[0])


@functools.cache
def suites() -> dict[str, int]:
    """Return the suites of the installed dbt-tests-adapter, with their numbers of tests."""
    modules = (
        importlib.import_module(".".join(("dbt.tests.adapter", *path.parts)))
        for path in (p.relative_to(_SUITES).with_suffix("") for p in _SUITES.rglob("*.py"))
        if path.name != "__init__"
    )
    return {
        kind.__name__: count
        for module in modules
        for kind in _classes(module)
        if kind.__module__ == module.__name__
        and not kind.__name__.startswith("Test")
        and (count := _tests(kind))
    }


def run_suites() -> dict[str, int]:
    """Return the suites that the test classes of this folder run, with the tests that run.

    A test class inherits a suite, or names several in ``suites`` (:class:`MacroSuites`).
    """
    found = {}
    for path in HERE.glob("test_session_*.py"):
        for kind in _classes(importlib.import_module(path.stem)):
            if kind.__module__ == path.stem and kind.__name__.startswith("Test"):
                bases = [base for base in kind.__mro__[1:] if base.__name__ in suites()]
                for suite in getattr(kind, "suites", bases[:1]):
                    found[suite.__name__] = _tests(kind)
    return found


def table() -> str:
    """Return the rows of the README's table."""
    every, run = suites(), run_suites()
    release = version("dbt-tests-adapter")
    lines = [
        f"| dbt-tests-adapter {release} | suites | tests |",
        "|---|---|---|",
        f"| run | {len(run)} | {sum(run.values())} |",
    ]
    for reason, names in SKIPPED.items():
        lines.append(f"| {reason} | {len(names)} | {sum(every[name] for name in names)} |")
    return "\n".join(lines)


def _classes(module: ModuleType) -> Iterator[type]:
    return (kind for kind in vars(module).values() if inspect.isclass(kind))


def _tests(kind: type) -> int:
    return sum(name.startswith("test_") and callable(getattr(kind, name)) for name in dir(kind))


if __name__ == "__main__":
    print(table())
