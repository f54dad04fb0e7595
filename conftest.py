"""Which tests share a process when pytest runs several (`pytest -n 3 --dist loadgroup`)."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a folder's tests in one process: they share a Spark session and built lakes.

    The plug-in's tests and the unit tests need different sessions, and Spark has one per process.
    """
    for item in items:
        folder = item.path.relative_to(ROOT).parts[:2]
        item.add_marker(pytest.mark.xdist_group("/".join(folder)))
