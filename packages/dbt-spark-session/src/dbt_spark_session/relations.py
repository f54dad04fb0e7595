"""Tables and views in dbt's relation cache and in catalog.json, including those of Iceberg."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from dbt.adapters.base import available
from dbt.adapters.contracts.relation import RelationType
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.spark.column import SparkColumn
from dbt.adapters.spark.impl import (
    SCHEMA_NOT_FOUND_MESSAGES,
    TABLE_OR_VIEW_NOT_FOUND_MESSAGES,
    SparkAdapter,
)
from dbt.adapters.spark.relation import SparkRelation
from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql.types import StructField

from dbt_spark_session.connection import spark_errors
from dbt_spark_session.lake import DEFAULT_CATALOG, ICEBERG_CATALOG, SPARK_CATALOG
from dbt_spark_session.matches import find_relation, refuse_names_alike
from dbt_spark_session.names import (
    SessionColumn,
    SessionRelation,
    quote,
    split_schema,
    string_literal,
    unquote,
)
from dbt_spark_session.session import get_session
from dbt_spark_session.spark_types import column_type, declared_type

# The last message is Iceberg's, from `show views`.
NO_SCHEMA = (*SCHEMA_NOT_FOUND_MESSAGES, "Namespace does not exist")
# Without the extensions of Iceberg in `spark.sql.extensions`, its catalogs have no views.
NO_VIEWS = "[MISSING_CATALOG_ABILITY.VIEWS]"

logger = AdapterLogger("Spark")


class RelationAdapter(SparkAdapter):  # type: ignore[misc]
    """Extend dbt-spark's adapter by the views of v2 catalogs, with few statements for Iceberg."""

    Column = SessionColumn
    Relation = SessionRelation

    def __init__(self, config: Any, mp_context: Any) -> None:
        """Store the method of the target: only ``session`` changes dbt-spark's behaviour."""
        super().__init__(config, mp_context)
        self._is_session: bool = config.credentials.method == "session"
        self._thread = threading.local()

    def _catalog_of(self, relation: SparkRelation | None) -> str:
        """Return the catalog that a schema such as ``lake.shop`` names, else the default one."""
        conf = self._spark().conf
        if relation is not None and relation.schema and not relation.quote_policy.schema:
            first, *rest = split_schema(str(relation.schema))
            name = unquote(first)
            if rest and (name == SPARK_CATALOG or conf.get(f"spark.sql.catalog.{name}", None)):
                return name
        # Of the session, since it may be a setting of a Spark that runs already.
        default: str = conf.get(DEFAULT_CATALOG, SPARK_CATALOG)
        return default

    @available  # type: ignore[untyped-decorator]
    def is_session(self) -> bool:
        """Return whether the target's method is ``session``; Jinja's ``target`` has no method."""
        return self._is_session

    @available.parse(lambda *_, **__: False)  # type: ignore[untyped-decorator]
    def is_iceberg_catalog(self, relation: SparkRelation | None = None) -> bool:
        """Return whether every table is an Iceberg table in the catalog of the relation.

        Without a relation, the catalog is the default one.
        """
        if not self._is_session:
            return False
        key = f"spark.sql.catalog.{self._catalog_of(relation)}"
        return bool(self._spark().conf.get(key, "") == ICEBERG_CATALOG)

    def quote(self, identifier: str) -> str:
        """Return a name in backticks, with its own backticks doubled."""
        # dbt also quotes the name None of a database.
        return quote(str(identifier))

    @available  # type: ignore[untyped-decorator]
    def string_literal(self, text: str) -> str:
        """Return SQL for a text."""
        return string_literal(text)

    def get_columns_in_relation(self, relation: SparkRelation) -> list[SparkColumn]:
        """List columns with their complete types; an unknown relation has none.

        The relation may also be a subquery, which dbt makes of it for ``--empty`` and ``--sample``.
        """
        if not self._is_session:
            stock: list[SparkColumn] = super().get_columns_in_relation(relation)
            return stock
        return [
            SessionColumn(
                column=field.name,
                dtype=column_type(field),
                column_index=index,
                table_schema=relation.schema,
                table_name=relation.name,
                table_type=relation.type,
            )
            for index, field in enumerate(self._fields(f"select * from {relation}"))
            if field.name not in self.HUDI_METADATA_COLUMNS
        ]

    @available.parse_list  # type: ignore[untyped-decorator]
    def column_names_of(self, query: str) -> list[str]:
        """List the columns of a query; none if it reads an unknown relation."""
        return [field.name for field in self._fields(query)] if self._is_session else []

    @available.parse_list  # type: ignore[untyped-decorator]
    def columns_of_query(self, query: str) -> list[SparkColumn]:
        """List the columns of a query with their complete types, without running the query."""
        return [
            SessionColumn(column=field.name, dtype=column_type(field))
            for field in self._schema(query)
        ]

    def _schema(self, query: str) -> list[StructField]:
        with spark_errors():
            return list(self._spark().sql(query).schema.fields)

    def _fields(self, query: str) -> list[StructField]:
        try:
            return self._schema(query)
        except DbtRuntimeError as error:
            if any(message in str(error) for message in TABLE_OR_VIEW_NOT_FOUND_MESSAGES):
                return []
            raise

    @available.parse_list  # type: ignore[untyped-decorator]
    def get_missing_columns(
        self, from_relation: SparkRelation, to_relation: SparkRelation
    ) -> list[SparkColumn]:
        """List columns that the second relation lacks; Spark ignores the case of their names."""
        known = {column.name.lower() for column in self.get_columns_in_relation(to_relation)}
        columns = self.get_columns_in_relation(from_relation)
        return [column for column in columns if column.name.lower() not in known]

    def cache_added(self, relation: SparkRelation | None) -> str:
        """Cache a relation; mark a new table of an Iceberg catalog as an Iceberg table."""
        if relation is not None and relation.is_table and self.is_iceberg_catalog(relation):
            relation = relation.incorporate(is_iceberg=True)
        added: str = super().cache_added(relation)
        return added

    def list_relations_without_caching(self, schema_relation: SparkRelation) -> list[SparkRelation]:
        """List tables and views, by two statements if the catalog holds only Iceberg tables."""
        if not self.is_iceberg_catalog(schema_relation):
            return self._stock_relations(schema_relation)
        views = self._listed(schema_relation, RelationType.View)
        tables = self._listed(schema_relation, RelationType.Table)
        names = {view.identifier for view in views}
        return views + [
            table.incorporate(is_iceberg=True) for table in tables if table.identifier not in names
        ]

    @available.parse_list  # type: ignore[untyped-decorator]
    def relations_of(self, schema_relation: SparkRelation) -> list[SparkRelation]:
        """List tables and views for macros, without dbt's cache."""
        return self.list_relations_without_caching(schema_relation)

    def list_schemas(self, database: str | None) -> list[str]:
        """List the schemas of the default catalog; Spark prints some names in backticks."""
        schemas: list[str] = super().list_schemas(database)
        return [unquote(schema) for schema in schemas] if self._is_session else schemas

    @available.parse(lambda *_, **__: False)  # type: ignore[untyped-decorator]
    def check_schema_exists(self, database: str | None, schema: str) -> bool:
        """Return whether a schema exists; its name may have a catalog."""
        if not self._is_session:
            return bool(super().check_schema_exists(database, schema))
        relation = self.Relation.create(schema=schema, quote_policy=self.config.quoting)
        with spark_errors():
            catalog = self._spark().catalog
            return bool(catalog.databaseExists(relation.without_identifier().render()))

    def _make_match(
        self,
        relations_list: list[SparkRelation],
        database: str | None,
        schema: str,
        identifier: str,
    ) -> list[SparkRelation]:
        if not self._is_session:
            matches: list[SparkRelation] = super()._make_match(
                relations_list, database, schema, identifier
            )
            return matches
        searched = self.Relation.create(schema=schema, identifier=identifier)
        found = find_relation(searched, relations_list)
        return [found] if found is not None else []

    def set_relations_cache(
        self, relation_configs: Iterable[Any], *arguments: Any, **named: Any
    ) -> None:
        """List the relations of a project's schemas, unless two nodes have similar names."""
        if self._is_session:
            relation_configs = list(relation_configs)
            refuse_names_alike(relation_configs)
        super().set_relations_cache(relation_configs, *arguments, **named)

    def _stock_relations(self, schema_relation: SparkRelation) -> list[SparkRelation]:
        self._thread.schema = schema_relation.schema
        relations: list[SparkRelation] = super().list_relations_without_caching(schema_relation)
        if not self._is_session:
            return relations
        quotes_schema = schema_relation.quote_policy.schema
        relations = [
            relation.quote(schema=quotes_schema).quoted_if_needed() for relation in relations
        ]
        if self._catalog_of(schema_relation) == SPARK_CATALOG:
            return relations
        # For a v2 catalog, dbt-spark lists tables but no views.
        known = {relation.identifier for relation in relations}
        views = self._listed(schema_relation, RelationType.View)
        return relations + [view for view in views if view.identifier not in known]

    def _get_relation_information(self, row: Any) -> tuple[str, str, str]:
        schema, name, information = super()._get_relation_information(row)
        # Spark leaves out the catalog that the schema of the profile names.
        return self._thread.schema if self._is_session else schema, name, information

    def _listed(self, schema_relation: SparkRelation, kind: RelationType) -> list[SparkRelation]:
        """List the tables or the views of a schema; none if the catalog has no such schema."""
        schema_relation = schema_relation.without_identifier()
        try:
            _, found = self.execute(f"show {kind}s in {schema_relation}", fetch=True)
        except DbtRuntimeError as error:
            if any(message in str(error) for message in (*NO_SCHEMA, NO_VIEWS)):
                return []
            raise
        return [
            self.Relation.create(
                schema=schema_relation.schema,
                identifier=name,
                type=kind,
                quote_policy=schema_relation.quote_policy,
            ).quoted_if_needed()
            for _, name, is_temporary in found.rows
            if not is_temporary
        ]

    def _get_columns_for_catalog(self, relation: SparkRelation) -> Iterable[dict[str, Any]]:
        if not self._is_session:
            yield from super()._get_columns_for_catalog(relation)
            return
        try:
            _, described = self.execute(f"describe extended {relation}", fetch=True)
        except DbtRuntimeError as error:
            # For example, the view reads a table that was dropped.
            logger.warning(f"No columns of {relation} in the catalog: {error.msg}")
            return
        rows = [tuple(row) for row in described.rows]
        # A heading, such as "# Partitioning", follows the columns.
        ends = (i for i, row in enumerate(rows) if not row[0] or row[0].startswith("# "))
        end = next(ends, len(rows))
        details = {row[0]: row[1] for row in rows[end:]}
        statistics = SparkColumn.convert_table_stats(details.get("Statistics"))
        # `describe` leaves out the fields of a struct after the 25th.
        types = {
            field.name: declared_type(field) or field.dataType.simpleString()
            for field in self._fields(f"select * from {relation}")
        }
        for index, (name, kind, comment) in enumerate(rows[:end]):
            yield {
                "table_database": None,
                "table_schema": relation.schema,
                "table_name": relation.identifier,
                "table_type": str(relation.type),
                "table_comment": details.get("Comment"),
                "table_owner": details.get("Owner"),
                "column_name": name,
                "column_index": index,
                "column_type": types.get(name, kind),
                "column_comment": comment,
                **statistics,
            }

    def _spark(self) -> Any:
        return get_session(self.config.credentials.server_side_parameters)
