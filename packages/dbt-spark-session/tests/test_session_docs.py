"""The types and statistics of tables in the documentation that dbt generates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dbt.tests.util import run_dbt

FIELDS = [f"field_{index}" for index in range(30)]
WIDE = (
    "{{ config(materialized='table') }}"
    + f" select struct({', '.join(f'1 as {name}' for name in FIELDS)}) as wide,"
    " cast(1.5 as decimal(5, 2)) as price from range(3)"
)


class TestDocs:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {"wide.sql": WIDE, "shown.sql": "select price from {{ ref('wide') }}"}

    def test_types_are_complete_and_tables_have_their_size(self, project: Any) -> None:
        run_dbt(["run"])
        run_dbt(["docs", "generate"])
        nodes = json.loads(Path("target/catalog.json").read_text())["nodes"]
        columns = nodes["model.test.wide"]["columns"]
        expected = f"struct<{','.join(f'{name}:int' for name in FIELDS)}>"
        assert columns["wide"]["type"] == expected
        assert columns["price"]["type"] == "decimal(5,2)"
        stats = nodes["model.test.wide"]["stats"]
        assert stats["rows"]["value"] == 3
        assert stats["bytes"]["value"] > 0
        assert "rows" not in nodes["model.test.shown"]["stats"]
