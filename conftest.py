"""Which tests share a process when pytest runs in several (`pytest -n 3`)."""

import signal
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ALONE = {
    "packages/dbt-spark-session": "test_session_example test_session_java test_session_processes",
    "tests/e2e": "test_landing test_package test_places test_events test_given_splits test_update",
}
"""Files that run dbt in other processes than pytest's, with lakes that no other file reads."""
MOVIELENS = "test_commands test_inference test_metrics test_pages test_tuning test_tutorial"
"""Files of tests/e2e that share the lake of MovieLens; the others share a lake of tiny data."""


def scope_of(nodeid: str) -> str:
    """Return the name of the tests that share a process with this test."""
    file = nodeid.split("::")[0]
    folder, name = "/".join(file.split("/")[:2]), Path(file).stem
    if folder == "tests/e2e" and name in MOVIELENS.split():
        return f"{folder}/movielens"
    return file if name in ALONE.get(folder, "").split() else folder


class FolderScheduling(LoadScopeScheduling):
    """Keep the tests of a folder in one process: they share a Spark session and built lakes.

    The plug-in's tests and the unit tests need different sessions, and Spark has one per process.
    A file of ``ALONE`` shares nothing, so that the first process to finish can take it.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start: shells ignore it in background jobs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files of ``ALONE`` last, since the others take longest."""
    items.sort(key=lambda item: scope_of(item.nodeid).endswith(".py"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Return the scheduler for `pytest -n`, which takes the scopes in the order of the tests."""
    config.option.loadscopereorder = False
    return FolderScheduling(config, log)
