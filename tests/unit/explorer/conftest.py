from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.explorer.explored_lake import Server, serving, write_explored_lake


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    lake = write_explored_lake(tmp_path_factory.mktemp("explored") / "lake")
    with serving(lake) as served:
        yield served
