"""Which tests share a process when pytest runs in several (`pytest -n 3`)."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class FolderScheduling(LoadScopeScheduling):
    """Keep the tests of a folder in one process: they share a Spark session and built lakes.

    The plug-in's tests and the unit tests need different sessions, and Spark has one per process.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "/".join(nodeid.split("/")[:2])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Return the scheduler for `pytest -n`."""
    return FolderScheduling(config, log)
