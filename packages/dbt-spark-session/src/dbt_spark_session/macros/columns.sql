{#- Drops columns of Iceberg tables too, which dbt-spark refuses to do. -#}
{% macro spark_session__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
    {%- if not adapter.is_session() or not relation.is_iceberg -%}
        {{ return(spark__alter_relation_add_remove_columns(relation, add_columns, remove_columns)) }}
    {%- endif -%}
    {%- set added = [] -%}
    {%- for column in add_columns or [] -%}
        {%- do added.append(column.quoted ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {%- if added -%}
        {% do run_query('alter table ' ~ relation ~ ' add columns (' ~ (added | join(', ')) ~ ')') %}
    {%- endif -%}
    {%- if remove_columns -%}
        {% do run_query('alter table ' ~ relation ~ ' drop columns (' ~ (remove_columns | map(attribute='quoted') | join(', ')) ~ ')') %}
    {%- endif -%}
{% endmacro %}


{#- With append_new_columns, a column that the model no longer has stays in the table; new rows have
    NULL in it. -#}
{% macro get_insert_into_sql(source_relation, target_relation) %}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute='quoted') | list -%}
    {%- set into = target_relation -%}
    {%- if adapter.is_session() and config.get('on_schema_change') == 'append_new_columns' -%}
        {%- set present = adapter.get_columns_in_relation(source_relation) | map(attribute='quoted') | map('lower') | list -%}
        {%- set kept = [] -%}
        {%- for column in columns if column | lower in present -%}
            {%- do kept.append(column) -%}
        {%- endfor -%}
        {%- set columns = kept -%}
        {%- set into = target_relation ~ ' (' ~ (kept | join(', ')) ~ ')' -%}
    {%- endif -%}
    insert into table {{ into }}
    select {{ columns | join(', ') }} from {{ source_relation }}
{% endmacro %}
