"""One project for dbt's suites of macros whose models compare their own columns.

Deviation from the suites: ``BaseGetIntervalsBetween`` has dates in a format that no type of Spark
reads.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from dbt.tests.adapter.utils.base_utils import BaseUtils
from dbt.tests.adapter.utils.test_any_value import BaseAnyValue
from dbt.tests.adapter.utils.test_bool_or import BaseBoolOr
from dbt.tests.adapter.utils.test_cast import BaseCast
from dbt.tests.adapter.utils.test_cast_bool_to_text import BaseCastBoolToText
from dbt.tests.adapter.utils.test_concat import BaseConcat
from dbt.tests.adapter.utils.test_date import BaseDate
from dbt.tests.adapter.utils.test_date_spine import BaseDateSpine
from dbt.tests.adapter.utils.test_date_trunc import BaseDateTrunc
from dbt.tests.adapter.utils.test_dateadd import BaseDateAdd
from dbt.tests.adapter.utils.test_datediff import BaseDateDiff
from dbt.tests.adapter.utils.test_escape_single_quotes import BaseEscapeSingleQuotesBackslash
from dbt.tests.adapter.utils.test_generate_series import BaseGenerateSeries
from dbt.tests.adapter.utils.test_get_intervals_between import BaseGetIntervalsBetween
from dbt.tests.adapter.utils.test_get_powers_of_two import BaseGetPowersOfTwo
from dbt.tests.adapter.utils.test_hash import BaseHash
from dbt.tests.adapter.utils.test_last_day import BaseLastDay
from dbt.tests.adapter.utils.test_length import BaseLength
from dbt.tests.adapter.utils.test_listagg import BaseListagg
from dbt.tests.adapter.utils.test_null_compare import BaseNullCompare
from dbt.tests.adapter.utils.test_position import BasePosition
from dbt.tests.adapter.utils.test_replace import BaseReplace
from dbt.tests.adapter.utils.test_right import BaseRight
from dbt.tests.adapter.utils.test_safe_cast import BaseSafeCast
from dbt.tests.adapter.utils.test_split_part import BaseSplitPart
from dbt.tests.adapter.utils.test_string_literal import BaseStringLiteral


class MacroSuites(BaseUtils):
    """Build the seeds, models and tests of many suites together."""

    suites: ClassVar[tuple[type[BaseUtils], ...]] = (
        *(BaseAnyValue, BaseBoolOr, BaseCast, BaseCastBoolToText, BaseConcat, BaseDate),
        *(BaseDateAdd, BaseDateDiff, BaseDateSpine, BaseDateTrunc, BaseEscapeSingleQuotesBackslash),
        *(BaseGenerateSeries, BaseGetIntervalsBetween, BaseGetPowersOfTwo, BaseHash, BaseLastDay),
        *(BaseLength, BaseListagg, BaseNullCompare, BasePosition, BaseReplace, BaseRight),
        *(BaseSafeCast, BaseSplitPart, BaseStringLiteral),
    )

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return self._merge("project_config_update")

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, Any]:
        return self._merge("seeds")

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, Any]:
        models = self._merge("models")
        name = "test_get_intervals_between.sql"
        for day in ("01", "12"):
            models[name] = models[name].replace(f"09/{day}/2023", f"2023-09-{day}")
        return models

    def _merge(self, fixture: str) -> dict[str, Any]:
        """Return the items of this fixture of all suites."""
        merged: dict[str, Any] = {}
        for suite in self.suites:
            if hasattr(suite, fixture):
                items = getattr(suite, fixture).__wrapped__(suite())
                assert not items.keys() & merged.keys(), suite
                merged |= items
        return merged
