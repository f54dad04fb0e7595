{#- dbt-spark makes a permanent view in the current schema, which need not be the snapshot's nor exist. -#}
{% macro spark_build_snapshot_staging_table(strategy, sql, target_relation) %}
    {%- set staging = api.Relation.create(
        identifier=target_relation.schema ~ '__' ~ target_relation.identifier ~ '__dbt_tmp', type='view'
    ) -%}
    {% call statement('build_snapshot_staging_relation') -%}
        {{ create_temporary_view(staging, snapshot_staging_table(strategy, sql, target_relation)) }}
    {%- endcall %}
    {{ return(staging) }}
{% endmacro %}
