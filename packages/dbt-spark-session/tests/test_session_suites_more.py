"""More of dbt's adapter suites: aliases, hooks, contracts, seeds, snapshots and others.

Deviations from the suites: the SQL of their fixtures in Spark's dialect, Spark's types in contracts
and Spark's words in an error. Snapshots name ``file_format``.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from dbt.tests.adapter.aliases import fixtures as aliases
from dbt.tests.adapter.aliases.test_aliases import (
    BaseAliasErrors,
    BaseAliases,
    BaseSameAliasDifferentSchemas,
)
from dbt.tests.adapter.basic.test_adapter_methods import BaseAdapterMethod
from dbt.tests.adapter.basic.test_empty import BaseEmpty
from dbt.tests.adapter.basic.test_incremental import BaseIncrementalNotSchemaChange
from dbt.tests.adapter.basic.test_singular_tests_ephemeral import BaseSingularTestsEphemeral
from dbt.tests.adapter.basic.test_snapshot_check_cols import BaseSnapshotCheckCols
from dbt.tests.adapter.basic.test_table_materialization import BaseTableMaterialization
from dbt.tests.adapter.basic.test_validate_connection import BaseValidateConnection
from dbt.tests.adapter.concurrency.test_concurrency import BaseConcurrency
from dbt.tests.adapter.constraints import fixtures as constraints
from dbt.tests.adapter.constraints.test_constraints import (
    BaseIncrementalConstraintsColumnsEqual,
    BaseTableConstraintsColumnsEqual,
    BaseViewConstraintsColumnsEqual,
)
from dbt.tests.adapter.dbt_show.test_dbt_show import (
    BaseShowDoesNotHandleDoubleLimit,
    BaseShowLimit,
)
from dbt.tests.adapter.empty.test_empty import BaseTestEmpty, BaseTestEmptyInlineSourceRef
from dbt.tests.adapter.ephemeral.test_ephemeral import BaseEphemeralErrorHandling
from dbt.tests.adapter.hooks.test_model_hooks import (
    BaseDuplicateHooksInConfigs,
    BaseHooksRefsOnSeeds,
    BasePrePostModelHooksOnSeeds,
    BasePrePostModelHooksOnSeedsPlusPrefixed,
    BasePrePostModelHooksOnSeedsPlusPrefixedWhitespace,
)

pytestmark = pytest.mark.slow

STRING_LITERAL = "{% macro string_literal(s) %}'{{ s }}'{% endmacro %}"


class SparkTypes:
    """Spark's types in contracts, and no constraints."""

    kind = ""

    @pytest.fixture
    def string_type(self) -> str:
        return "string"

    @pytest.fixture
    def int_type(self) -> str:
        return "int"

    @pytest.fixture
    def data_types(self) -> list[list[str]]:
        values = {
            "int": "1",
            "string": "'1'",
            "boolean": "true",
            "timestamp": "timestamp '2013-11-03 00:00:00'",
            "array<string>": "array('a', 'b')",
            "decimal(10,2)": "cast('1' as decimal(10, 2))",
        }
        return [[value, kind, kind] for kind, value in values.items()]

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        schema = yaml.safe_load(constraints.model_schema_yml.replace("text", "string"))
        for column in (column for model in schema["models"] for column in model["columns"]):
            column.pop("constraints", None)
        order, name = (
            getattr(constraints, f"my_model_{self.kind}wrong_{what}_sql")
            for what in ("order", "name")
        )
        return {
            "my_model_wrong_order.sql": order,
            "my_model_wrong_name.sql": name,
            "constraints_schema.yml": yaml.safe_dump(schema),
        }


class TestAliases(BaseAliases):
    @pytest.fixture(scope="class")
    def macros(self) -> dict[str, str]:
        return {"cast.sql": STRING_LITERAL, "expect_value.sql": aliases.MACROS__EXPECT_VALUE_SQL}


class TestAliasErrors(BaseAliasErrors):
    pass


class TestSameAliasDifferentSchemas(BaseSameAliasDifferentSchemas):
    @pytest.fixture(scope="class")
    def macros(self) -> dict[str, str]:
        return {"cast.sql": STRING_LITERAL, "expect_value.sql": aliases.MACROS__EXPECT_VALUE_SQL}


class TestAdapterMethod(BaseAdapterMethod):
    pass


class TestIncrementalNotSchemaChange(BaseIncrementalNotSchemaChange):
    pass


class TestSingularTestsEphemeral(BaseSingularTestsEphemeral):
    pass


class TestSnapshotCheckCols(BaseSnapshotCheckCols):
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"snapshots": {"+file_format": "iceberg"}}


class TestTableMaterialization(BaseTableMaterialization):
    pass


class TestValidateConnection(BaseValidateConnection):
    pass


class TestConcurrency(BaseConcurrency):
    pass


class TestTableContracts(SparkTypes, BaseTableConstraintsColumnsEqual):
    pass


class TestViewContracts(SparkTypes, BaseViewConstraintsColumnsEqual):
    kind = "view_"


class TestIncrementalContracts(SparkTypes, BaseIncrementalConstraintsColumnsEqual):
    kind = "incremental_"


class TestShowLimit(BaseShowLimit):
    pass


class TestShowDoesNotHandleDoubleLimit(BaseShowDoesNotHandleDoubleLimit):
    DATABASE_ERROR_MESSAGE = "Syntax error at or near 'limit'"


class TestProjectWithoutModels(BaseEmpty):
    pass


class TestEmpty(BaseTestEmpty):
    pass


class TestEmptyInlineSourceRef(BaseTestEmptyInlineSourceRef):
    pass


class TestEphemeralErrorHandling(BaseEphemeralErrorHandling):
    pass


class TestDuplicateHooksInConfigs(BaseDuplicateHooksInConfigs):
    pass


class TestHooksRefsOnSeeds(BaseHooksRefsOnSeeds):
    pass


class TestHooksOnSeeds(BasePrePostModelHooksOnSeeds):
    pass


class TestHooksOnSeedsPlusPrefixed(BasePrePostModelHooksOnSeedsPlusPrefixed):
    pass


class TestHooksOnSeedsPlusPrefixedWhitespace(BasePrePostModelHooksOnSeedsPlusPrefixedWhitespace):
    pass
