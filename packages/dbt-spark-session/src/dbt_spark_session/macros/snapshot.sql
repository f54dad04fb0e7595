{#- dbt-spark makes a permanent view, for Iceberg in the current schema: not the snapshot's, and it need not exist.
    A macro that dbt does not dispatch: the second branch is dbt-spark's own. -#}
{% macro spark_build_snapshot_staging_table(strategy, sql, target_relation) %}
    {%- set select = snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- if adapter.is_session() -%}
        {%- set staging = api.Relation.create(
            identifier=target_relation.schema ~ '__' ~ target_relation.identifier ~ '__dbt_tmp', type='view'
        ) -%}
        {%- set create = create_temporary_view(staging, select) -%}
        {% do adapter.drop_after_model(staging) %}
    {%- else -%}
        {%- set staging = api.Relation.create(
            identifier=target_relation.identifier ~ '__dbt_tmp',
            schema=none if target_relation.is_iceberg else target_relation.schema,
            database=none,
            type='view'
        ) -%}
        {%- set create = create_view_as(staging, select) -%}
    {%- endif -%}
    {% call statement('build_snapshot_staging_relation') -%}
        {{ create }}
    {%- endcall %}
    {{ return(staging) }}
{% endmacro %}
