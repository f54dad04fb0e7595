"""The files of a release that are looked for, and the manifests that are open meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from bare_java import BareJava, bare_java
from dbt_spark_session.release_files import missing_file


@pytest.fixture(scope="module")
def java() -> Iterator[BareJava]:
    with bare_java() as java:
        yield java


def open_manifests(java: BareJava) -> list[str]:
    descriptors = Path(f"/proc/{java.process.pid}/fd").iterdir()
    return [name for each in descriptors if (name := str(each.readlink())).endswith(".avro")]


@pytest.mark.parametrize("lost", [None, "the first", "the last"])
def test_no_manifest_stays_open(java: BareJava, tmp_path: Path, lost: str | None) -> None:
    rows = pa.table({"x": [1, 2]})
    with SqlCatalog("build", uri=f"sqlite:///{tmp_path}/build.db", warehouse=str(tmp_path)) as shop:
        shop.create_namespace("shop")
        table = shop.create_table("shop.a", rows.schema)
        for _ in range(2):
            table.append(rows)
    paths = [task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()]
    if lost:
        Path(paths[0 if lost == "the first" else -1]).unlink()
    catalog = java.catalog("build", {})

    found = missing_file(catalog, table.metadata_location)

    assert found == {None: None, "the first": paths[0], "the last": paths[-1]}[lost]
    assert open_manifests(java) == []
