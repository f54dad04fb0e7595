"""A schema such as ``second.shop`` names another catalog than the default one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

MERGED = """
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
select id, {{ 1 if is_incremental() else 0 }} as run from {{ ref('names') }}
"""

PYTHON = """
def model(dbt, spark):
    dbt.config(materialized="incremental")
    rows = dbt.ref("merged").limit(1)
    return rows.union(spark.table(str(dbt.this)).limit(1)) if dbt.is_incremental else rows
"""

SNAPSHOT = """
{% snapshot kept %}
{{ config(unique_key='id', strategy='check', check_cols=['run'], file_format='iceberg') }}
select * from {{ ref('merged') }}
{% endsnapshot %}
"""

# The test catalog of Spark itself, where a table has no format of Iceberg.
PARQUET = """
{{ config(materialized='incremental', schema='parquet') }}
select id from {{ ref('merged') }}
"""

SCHEMA_NAME = """
{% macro generate_schema_name(custom_schema_name, node) %}
    {{- 'spark_catalog.default' if custom_schema_name else target.schema -}}
{% endmacro %}
"""


class TestAnotherCatalog:
    @pytest.fixture(scope="class")
    def unique_schema(self, prefix: str) -> str:
        return f"second.{prefix}"

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, dbt_profile_target: dict[str, Any], lake: Path) -> dict[str, Any]:
        second = {
            "spark.sql.catalog.second": "org.apache.iceberg.spark.SparkCatalog",
            "spark.sql.catalog.second.type": "jdbc",
            "spark.sql.catalog.second.uri": f"jdbc:sqlite:{lake}/second.db",
            "spark.sql.catalog.second.jdbc.schema-version": "V1",
            "spark.sql.catalog.second.warehouse": f"{lake}/second",
        }
        parameters = dbt_profile_target["server_side_parameters"] | second
        return {**dbt_profile_target, "server_side_parameters": parameters}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "merged.sql": MERGED,
            "python.py": PYTHON,
            "shown.sql": "{{ config(materialized='table') }} select * from {{ ref('python') }}",
            "elsewhere.sql": PARQUET,
        }

    @pytest.fixture(scope="class")
    def snapshots(self) -> dict[str, str]:
        return {"kept.sql": SNAPSHOT}

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {"names.csv": "id,name\n1,Ada\n2,Bob\n"}

    @pytest.fixture(scope="class")
    def macros(self) -> dict[str, str]:
        return {"generate_schema_name.sql": SCHEMA_NAME}

    def test_a_build_succeeds_again_and_again(
        self, project: Any, spark: SparkSession, table: Any, lake: Path
    ) -> None:
        try:
            for _ in range(3):
                run_dbt(["build"])
            elsewhere = spark.table("spark_catalog.default.elsewhere")
            assert elsewhere.count() == 6
            described = spark.sql("describe extended spark_catalog.default.elsewhere").collect()
            assert ("Provider", "parquet") in {(row.col_name, row.data_type) for row in described}
        finally:
            spark.sql("drop table if exists spark_catalog.default.elsewhere")

        counts = {"names": 2, "merged": 2, "python": 5, "shown": 5, "kept": 4}
        assert {name: table(name).count() for name in counts} == counts
        assert table("merged.snapshots").count() == 3
        assert (lake / "second").is_dir()
        assert not (lake / "warehouse" / "second").exists()
        run_dbt(["docs", "generate"])
        catalog = json.loads(Path("target/catalog.json").read_text())["nodes"]
        assert list(catalog["model.test.shown"]["columns"]) == ["id", "run"]
