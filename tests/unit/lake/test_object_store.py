"""A lake whose tables are on S3, which a server on loopback imitates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from reelhouse.cli import main
from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import read_catalog
from reelhouse.lake.cluster import ClusterLake, environment_of
from reelhouse.lake.metadata_files import UnreadableFileError, read_metadata
from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.session import LakeSession
from servers import LOOPBACK, free_port
from tests.object_storage import BUCKET, SECRET, s3
from tests.unit.conftest import CANARY
from tests.unit.lakes import TABLES, add_release, on_cluster


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with s3(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture(scope="module")
def stored(
    tmp_path_factory: pytest.TempPathFactory, postgresql_port: int, variables: dict[str, str]
) -> ClusterLake:
    folder, warehouse = tmp_path_factory.mktemp("lake"), f"s3://{BUCKET}/warehouse"
    options = {
        "uri": f"sqlite:///{folder / 'catalog.db'}",
        "warehouse": warehouse,
        "s3.endpoint": variables["AWS_ENDPOINT_URL"],
        "s3.access-key-id": variables["AWS_ACCESS_KEY_ID"],
        "s3.secret-access-key": SECRET,
        "s3.region": variables["AWS_REGION"],
    }
    with SqlCatalog("lake", **options) as catalog:
        catalog.create_namespace("reelhouse")
        for name in ("recommendations", "interactions", "model_comparison"):
            catalog.create_table(f"reelhouse.{name}", TABLES[name].schema).append(TABLES[name])
    add_release(folder, 1)
    return replace(on_cluster(folder, postgresql_port, CANARY, "on_s3"), warehouse=warehouse)


@pytest.fixture
def lake(
    stored: ClusterLake, variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> ClusterLake:
    for name, value in {**environment_of(stored), **variables}.items():
        monkeypatch.setenv(name, value)
    return stored


def test_commands_read_tables_on_s3(lake: ClusterLake, capfd: pytest.CaptureFixture[str]) -> None:
    query = "select title from recommendations where user_id = 42 order by rank limit 1"
    assert main(["sql", query]) == 0
    assert main(["history"]) == 0
    output = "".join(capfd.readouterr())
    assert "Amélie" in output
    assert "2,500" in output or "2500" in output
    assert SECRET not in output


def test_the_metadata_of_a_table_is_read(lake: ClusterLake) -> None:
    location = read_catalog(lake).tables["reelhouse", "interactions"]
    assert read_metadata(location)["location"].startswith("s3://bucket/warehouse/")
    with pytest.raises(UnreadableFileError):
        read_metadata(f"{location}.of-nothing")


def test_a_query_reads_the_warehouse_only(lake: ClusterLake) -> None:
    with LakeSession(lake) as session:
        for query in ("from 's3://bucket/other.parquet'", "from '/etc/passwd'"):
            with pytest.raises(QueryError):
                session.execute(query).fetchall()
        secrets = str(session.execute("from duckdb_secrets()").fetchall())
    assert SECRET not in secrets


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_SECRET_ACCESS_KEY", "", "AWS_SECRET_ACCESS_KEY of the environment is not set"),
        ("AWS_ENDPOINT_URL", "localhost", "AWS_ENDPOINT_URL is 'localhost': write it as https://"),
        ("AWS_ENDPOINT_URL", "https://host/prefix", "write it as https://s3.example.org"),
        ("REELHOUSE_WAREHOUSE", "s3a://bucket/lake", "write it as s3://bucket/folder"),
        ("REELHOUSE_WAREHOUSE", "s3://bucket/other", "set REELHOUSE_WAREHOUSE to the folder that"),
    ],
)
def test_wrong_settings_are_named(
    lake: ClusterLake,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["sql", "from recommendations"]) == 1
    assert said in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_an_error(
    lake: ClusterLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{LOOPBACK}:{free_port()}")
    with LakeSession(lake) as session, pytest.raises(ReelhouseError, match="cannot be read"):
        session.execute("from recommendations").fetchall()
