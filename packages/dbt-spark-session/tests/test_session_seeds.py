"""Seeds: their types, their special values, and seeds of many rows."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt
from pyspark.sql import SparkSession

PEOPLE = (
    "id,name,note,flag,born,seen,code,select\n"
    '9223372036854775807,"O\'Neil ""Jr"" %s","two\nlines",true,1999-12-31,'
    "2020-01-02 03:04:05,007,1.5\n"
    "1,,\u65e5\u672c \U0001f600 \\n,false,,,42,-2\n"
    "2,   ,,,2000-01-01,2020-01-02 00:00:00,,\n"
)

# id, the instant in UTC: the session is in New York, where clocks skip an hour on 10 March.
INSTANTS = {
    "2024-03-20T12:00:00+02:00": "2024-03-20 10:00:00",
    "2024-03-20T12:00:00Z": "2024-03-20 12:00:00",
    "2024-03-20T12:00:00": "2024-03-20 16:00:00",
    "2024-03-10T02:30:00": "2024-03-10 07:30:00",
    "2024-11-03T01:30:00": "2024-11-03 05:30:00",
    "2024-11-03T01:30:00-05:00": "2024-11-03 06:30:00",
    "1800-01-01T00:00:00": "1800-01-01 04:56:02",
}
LOCAL_TIMES = ["2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-01-01 00:00:00"]
NUMBERS = """whole,part,large,huge,odd
1,1,1e20,1e30,NaN
1.0,1.0,9223372036854775808,1e300,1
2.00,1.5,-1,1,-Infinity
1e5,1e5,,,
"""
BIG = 25_000  # dbt-spark inserts 10,000 rows by a statement


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
        big = "\n".join(f"{i},name {i},{i / 2},2020-01-01,true" for i in range(BIG))
        return {
            "people.csv": PEOPLE,
            "empty.csv": "a,b\n",
            "wrong.csv": "code\n12\nx'y\n",
            "instants.csv": "at\n" + "\n".join(INSTANTS),
            "local.csv": "at\n" + "\n".join(LOCAL_TIMES),
            "numbers.csv": NUMBERS,
            "big.csv": f"id,name,half,day,flag\n{big}\n",
        }

    @pytest.fixture(scope="class")
    def built(self, project: Any, spark: SparkSession) -> dict[str, Any]:
        zone = "spark.sql.session.timeZone"
        spark.conf.set(zone, "America/New_York")
        try:
            results = run_dbt(["seed"], expect_pass=False)
        finally:
            spark.conf.set(zone, "UTC")
        return {result.node.name: result for result in results}

    def test_a_value_of_the_wrong_type_is_named_and_fails_only_its_seed(
        self, built: dict[str, Any]
    ) -> None:
        failed = {name: r.message for name, r in built.items() if r.status == "error"}
        assert list(failed) == ["wrong"]
        assert "seed wrong, column code: cannot read as int: x'y" in failed["wrong"]

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
            "2020-01-02 08:04:05",  # New York's time, read in UTC
            "007",
            1.5,
        )
        note = "\u65e5\u672c \U0001f600 \\n"
        assert tuple(second) == (1, None, note, False, None, None, "42", -2.0)
        # dbt reads a field of blanks as NULL.
        assert tuple(third) == (
            2,
            None,
            None,
            None,
            "2000-01-01",
            "2020-01-02 05:00:00",
            None,
            None,
        )

    def test_a_time_with_an_offset_keeps_its_instant(
        self, built: dict[str, Any], table: Any
    ) -> None:
        assert dict(table("instants").dtypes) == {"at": "timestamp"}
        found = {row[0] for row in table("instants").selectExpr("string(at)").collect()}
        assert found == set(INSTANTS.values())
        local = [row[0] for row in table("local").selectExpr("string(at)").collect()]
        assert sorted(local) == [
            "2024-01-01 05:00:00",
            "2024-03-10 07:30:00",
            "2024-11-03 05:30:00",
        ]

    def test_numbers_have_the_type_that_holds_them(self, built: dict[str, Any], table: Any) -> None:
        numbers = table("numbers")
        assert dict(numbers.dtypes) == {
            "whole": "bigint",
            "part": "double",
            "large": "decimal(38,0)",
            "huge": "double",
            "odd": "double",
        }
        columns = {
            name: sorted(row[0] for row in numbers.select(name).collect() if row[0] is not None)
            for name in numbers.columns
        }
        assert columns["whole"] == [1, 1, 2, 100_000]
        assert columns["part"] == [1, 1, 1.5, 100_000]
        assert columns["large"] == [-1, 2**63, 10**20]
        assert columns["huge"] == [1, 1e30, 1e300]
        odd = numbers.selectExpr("string(odd)").collect()
        assert {row[0] for row in odd} == {"NaN", "1.0", "-Infinity", None}

    def test_an_empty_seed_is_an_empty_table(self, built: dict[str, Any], table: Any) -> None:
        assert table("empty").columns == ["a", "b"]
        assert table("empty").count() == 0

    def test_many_rows_are_one_commit(self, built: dict[str, Any], table: Any) -> None:
        row = table("big").selectExpr("count(*)", "sum(id)", "sum(half)").first()
        assert tuple(row) == (BIG, BIG * (BIG - 1) // 2, BIG * (BIG - 1) / 4)
        assert table("big.snapshots").count() == 1
