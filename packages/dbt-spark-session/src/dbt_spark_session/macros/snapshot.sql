{#- Uses a temp view. dbt-spark creates a permanent view. With Iceberg, it creates the view in the
    current schema, which is not the schema of the snapshot and may not exist. dbt does not dispatch
    this macro, so the second branch repeats dbt-spark's code for other methods. -#}
{% macro spark_build_snapshot_staging_table(strategy, sql, target_relation) %}
    {%- set select = snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- if adapter.is_session() -%}
        {%- set staging = api.Relation.create(
            identifier=target_relation.identifier ~ '__dbt_tmp', type='view'
        ) -%}
        {%- set create = create_temporary_view(staging, select) -%}
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
