"""Seeds: their types, their special values, and seeds of many rows."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

pytestmark = pytest.mark.filterwarnings("ignore:Class-scoped fixtures")

PEOPLE = (
    "id,name,note,flag,born,seen,code,select\n"
    '9223372036854775807,"O\'Neil ""Jr"" %s","two\nlines",true,1999-12-31,'
    "2020-01-02 03:04:05,007,1.5\n"
    "1,,\u65e5\u672c \U0001f600 \\n,false,,,42,-2\n"
    "2,   ,,,2000-01-01,2020-01-02 00:00:00,,\n"
)


class TestSeeds:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {
            "seeds": {
                "test": {
                    "people": {"+column_types": {"code": "string"}},
                    "wrong": {"+column_types": {"code": "int"}},
                }
            },
        }

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        big = "\n".join(f"{i},name {i},{i / 2},2020-01-01,true" for i in range(100_000))
        return {
            "people.csv": PEOPLE,
            "empty.csv": "a,b\n",
            "wrong.csv": "code\n12\nx'y\n",
            "big.csv": f"id,name,half,day,flag\n{big}\n",
        }

    @pytest.fixture(scope="class")
    def built(self, project: Any) -> dict[str, Any]:
        results = run_dbt(["seed"], expect_pass=False)
        return {result.node.name: result for result in results}

    @pytest.fixture(scope="class")
    def table(self, project: Any, spark: SparkSession) -> Any:
        return lambda name: spark.table(f"{project.test_schema}.{name}")

    def test_only_the_seed_with_a_wrong_value_fails(self, built: dict[str, Any]) -> None:
        assert {name for name, result in built.items() if result.status == "error"} == {"wrong"}

    def test_seed_values_arrive_as_they_are(self, built: dict[str, Any], table: Any) -> None:
        people = table("people")
        assert dict(people.dtypes) == {
            "id": "bigint",
            "name": "string",
            "note": "string",
            "flag": "boolean",
            "born": "date",
            "seen": "timestamp",
            "code": "string",
            "select": "double",
        }
        rows = people.selectExpr(
            "id", "name", "note", "flag", "string(born)", "string(seen)", "code", "`select`"
        )
        second, third, first = rows.orderBy("id").collect()
        assert tuple(first) == (
            9223372036854775807,
            'O\'Neil "Jr" %s',
            "two\nlines",
            True,
            "1999-12-31",
            "2020-01-02 03:04:05",
            "007",
            1.5,
        )
        note = "\u65e5\u672c \U0001f600 \\n"
        assert tuple(second) == (1, None, note, False, None, None, "42", -2.0)
        # dbt itself reads a field of blanks as NULL.
        assert tuple(third) == (
            2,
            None,
            None,
            None,
            "2000-01-01",
            "2020-01-02 00:00:00",
            None,
            None,
        )

    def test_an_empty_seed_is_an_empty_table(self, built: dict[str, Any], table: Any) -> None:
        assert table("empty").columns == ["a", "b"]
        assert table("empty").count() == 0

    def test_a_seed_value_of_the_wrong_type_is_named(self, built: dict[str, Any]) -> None:
        message = built["wrong"].message
        assert "seed wrong, column code: cannot read as int: x'y" in message

    def test_a_hundred_thousand_seed_rows(self, built: dict[str, Any], table: Any) -> None:
        row = table("big").selectExpr("count(*)", "sum(id)", "sum(half)", "min(day)").first()
        assert tuple(row)[:3] == (100_000, 4_999_950_000, 2_499_975_000.0)
