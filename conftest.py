"""Which tests share a process when pytest runs in several (`pytest -n 4`)."""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ALONE = {
    "packages/dbt-spark-session": "test_session_example test_session_java test_session_processes",
    "tests/e2e": "test_landing test_package test_places test_events test_given_splits",
}
"""Files that run dbt in other processes than pytest's, with lakes that no other file reads."""
MOVIELENS = "test_commands test_inference test_metrics test_pages test_tuning"
"""Files of tests/e2e that share the lake of MovieLens; the others share a lake of tiny data."""


class FolderScheduling(LoadScopeScheduling):
    """Keep the tests of a folder in one process: they share a Spark session and built lakes.

    The plug-in's tests and the unit tests need different sessions, and Spark has one per process.
    These two and the two lakes of tests/e2e take longest; with four processes, all start at once.
    A file of ``ALONE`` shares nothing, so that the first process to finish can take it.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        folder = "/".join(file.split("/")[:2])
        name = Path(file).stem
        if folder == "tests/e2e" and name in MOVIELENS.split():
            return f"{folder}/movielens"
        return file if name in ALONE.get(folder, "").split() else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Return the scheduler for `pytest -n`."""
    return FolderScheduling(config, log)
