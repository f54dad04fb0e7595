"""The table that dbt's suites of seeds expect, in Spark's types."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.adapter.simple_seed import seeds


class SparkSeed:
    """Create the expected table of a suite, which dbt-tests-adapter has in PostgreSQL's dialect."""

    @pytest.fixture(scope="class", autouse=True)
    def setUp(self, project: Any) -> None:
        create, insert = seeds.seeds__expected_sql.split(";")[:2]
        create = (
            create.replace("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP")
            .replace("INTEGER", "BIGINT")
            .replace("TEXT", "STRING")
        )
        project.run_sql(create)
        head, rows = insert.replace('"', "`").split("VALUES")
        project.run_sql(
            f"{head} select seed_id, first_name, email, ip_address, cast(birthday as timestamp)"
            f" from values {rows} as v(seed_id, first_name, email, ip_address, birthday)"
        )
