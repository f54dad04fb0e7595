"""Which tests share a process when pytest runs in several (`pytest -n 3`)."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

OWN_LAKES = ("test_landing", "test_package", "test_places", "test_events", "test_given_splits")
"""Files in tests/e2e that build lakes of their own, in other processes than pytest's."""


class FolderScheduling(LoadScopeScheduling):
    """Keep the tests of a folder in one process: they share a Spark session and built lakes.

    The plug-in's tests and the unit tests need different sessions, and Spark has one per process.
    A file of ``OWN_LAKES`` shares nothing, so that the first process to finish can take it.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        is_alone = file.startswith("tests/e2e/") and file.endswith(
            tuple(f"{name}.py" for name in OWN_LAKES)
        )
        return file if is_alone else "/".join(nodeid.split("/")[:2])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Return the scheduler for `pytest -n`."""
    return FolderScheduling(config, log)
