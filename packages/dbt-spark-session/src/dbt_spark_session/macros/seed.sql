{#- Creates and fills the table in one statement, so that a reader sees either the old or the new
    rows. load_csv_rows then does nothing. -#}
{% macro spark_session__create_csv_table(model, agate_table) %}
    {%- if not adapter.is_session() -%}
        {{ return(spark__create_csv_table(model, agate_table)) }}
    {%- endif -%}
    {%- set loaded = adapter.load_seed(agate_table, model['name'], model['config'].get('column_types') or {}) -%}
    {%- set sql = session_create_table(
        this, 'select\n    ' ~ (loaded['columns'] | join(',\n    ')) ~ '\nfrom ' ~ loaded['view']
    ) -%}
    {% call statement('_') -%}
        {{ sql }}
    {%- endcall %}
    {{ return(sql) }}
{% endmacro %}


{% macro spark_session__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {%- if not adapter.is_session() -%}
        {{ return(spark__reset_csv_table(model, full_refresh, old_relation, agate_table)) }}
    {%- endif -%}
    {% do session_drop_unless_replaceable(old_relation, session_file_format()) %}
    {{ return(create_csv_table(model, agate_table)) }}
{% endmacro %}


{% macro spark_session__load_csv_rows(model, agate_table) %}
    {{ return('' if adapter.is_session() else spark__load_csv_rows(model, agate_table)) }}
{% endmacro %}
