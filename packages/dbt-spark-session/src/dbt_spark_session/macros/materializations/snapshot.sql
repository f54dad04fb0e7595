{#- dbt's own materialization: that of dbt-spark writes helper columns to the table, and refuses a
    snapshot whose config does not name a format. -#}
{% materialization snapshot, adapter='spark_session' %}
    {%- if not adapter.is_session() -%}
        {{ return(materialization_snapshot_spark()) }}
    {%- endif -%}
    {%- set file_format = session_file_format('parquet') -%}
    {%- if file_format not in ['delta', 'iceberg', 'hudi'] -%}
        {% do exceptions.raise_compiler_error(
            "Invalid file format: '" ~ file_format ~ "'. A snapshot needs file_format 'delta', 'iceberg' or 'hudi'."
        ) %}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing and existing.is_table and not (existing.is_delta or existing.is_iceberg or existing.is_hudi) -%}
        {% do exceptions.raise_compiler_error(
            'The existing table ' ~ existing ~ " is in another format than 'delta', 'iceberg' or 'hudi'."
        ) %}
    {%- endif -%}
    {{ return(materialization_snapshot_default()) }}
{% endmaterialization %}
