"""dbt's own adapter suites against Spark and Iceberg.

Deviations from the suites:

- ``BasePySparkTests`` without its koalas model (koalas ended with Spark 3.2) and without its
  pandas-on-Spark model: ``pyspark.pandas`` of Spark 4.1 cannot be imported with pandas 3.
- ``BaseBasicSeedTests`` compares with a table in Postgres types, here it has Spark's, and expects
  that a seed's full refresh drops the models that read it, which ours do not.
- ``BaseUnitTestingTypes`` with Spark's types: it has no ``timestamptz``, ``numeric`` or ``json``.
- ``BaseDocsGenerate`` compares a whole Postgres catalog; test_session_builds.py checks ours.
- ``BaseIncrementalOnSchemaChange`` runs as it is: dropping columns works on Iceberg.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations
from dbt.tests.adapter.basic.test_ephemeral import BaseEphemeral
from dbt.tests.adapter.basic.test_generic_tests import BaseGenericTests
from dbt.tests.adapter.basic.test_incremental import BaseIncremental
from dbt.tests.adapter.basic.test_singular_tests import BaseSingularTests
from dbt.tests.adapter.basic.test_snapshot_timestamp import BaseSnapshotTimestamp
from dbt.tests.adapter.dbt_show.test_dbt_show import BaseShowSqlHeader
from dbt.tests.adapter.incremental.test_incremental_merge_exclude_columns import (
    BaseMergeExcludeColumns,
)
from dbt.tests.adapter.incremental.test_incremental_microbatch import BaseMicrobatch
from dbt.tests.adapter.incremental.test_incremental_on_schema_change import (
    BaseIncrementalOnSchemaChange,
)
from dbt.tests.adapter.persist_docs.test_persist_docs import BasePersistDocs
from dbt.tests.adapter.python_model.test_python_model import (
    BasePythonEmptyTests,
    BasePythonIncrementalTests,
    BasePythonMetaGetTests,
    BasePythonModelTests,
)
from dbt.tests.adapter.python_model.test_spark import (
    PANDAS_MODEL,
    PYSPARK_MODEL,
    BasePySparkTests,
)
from dbt.tests.adapter.simple_seed.test_seed import BaseBasicSeedTests
from dbt.tests.adapter.unit_testing.test_case_insensitivity import BaseUnitTestCaseInsensivity
from dbt.tests.adapter.unit_testing.test_invalid_input import BaseUnitTestInvalidInput
from dbt.tests.adapter.unit_testing.test_types import BaseUnitTestingTypes
from dbt.tests.util import run_dbt

from expected_seed import SparkSeed


@pytest.fixture(scope="module", autouse=True)
def no_artifacts() -> Iterator[None]:
    """Do not write manifest.json in each of a hundred runs, since no suite here reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_WRITE_JSON", "false")
        yield


class TestPythonModel(BasePythonModelTests):
    pass


class TestPythonIncremental(BasePythonIncrementalTests):
    pass


class TestPythonMetaGet(BasePythonMetaGetTests):
    pass


class TestPythonEmpty(BasePythonEmptyTests):
    pass


class TestPySpark(BasePySparkTests):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "pandas_df.py": PANDAS_MODEL,
            "pyspark_df.py": PYSPARK_MODEL,
        }

    def test_different_dataframes(self, project: Any) -> None:
        assert len(run_dbt(["run"])) == 2


class TestSimpleMaterializations(BaseSimpleMaterializations):
    pass


class TestEphemeral(BaseEphemeral):
    pass


class TestGenericTests(BaseGenericTests):
    pass


class TestSingularTests(BaseSingularTests):
    pass


class TestIncremental(BaseIncremental):
    pass


class TestMergeExcludeColumns(BaseMergeExcludeColumns):
    pass


class TestOnSchemaChange(BaseIncrementalOnSchemaChange):
    pass


class TestMicrobatch(BaseMicrobatch):
    pass


class TestSnapshotTimestamp(BaseSnapshotTimestamp):
    pass


class TestSeed(SparkSeed, BaseBasicSeedTests):
    def test_simple_seed_full_refresh_flag(self, project: Any) -> None:
        self._build_relations_for_test(project)
        results = run_dbt(["seed", "--full-refresh"])
        self._check_relation_end_state(run_result=results, project=project, exists=True)


class TestPersistDocs(BasePersistDocs):
    pass


class TestShowSqlHeader(BaseShowSqlHeader):
    pass


class TestUnitTestingTypes(BaseUnitTestingTypes):
    @pytest.fixture
    def data_types(self) -> list[list[str]]:
        return [
            ["1", "1"],
            ["'1'", "1"],
            ["true", "true"],
            ["date '2020-01-02'", "2020-01-02"],
            ["timestamp '2013-11-03 00:00:00-0'", "2013-11-03 00:00:00-0"],
            ["cast('1.5' as decimal(10, 2))", "1.5"],
        ]


class TestUnitTestCaseInsensivity(BaseUnitTestCaseInsensivity):
    pass


class TestUnitTestInvalidInput(BaseUnitTestInvalidInput):
    pass
