{#- Escapes backslashes too, and ignores the case of names; dbt-spark escapes only quotes. -#}
{% macro get_column_comment_sql(column_name, column_dict) -%}
    {{ adapter.quote(column_name) }}
    {%- for name in column_dict if name | lower == column_name | lower and column_dict[name].get('description') -%}
        {%- set description = column_dict[name]['description'] -%}
        {%- if adapter.is_session() %} comment {{ adapter.string_literal(description) }}
        {%- else %} comment '{{ description | replace("'", "\\'") }}'
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{#- One statement for all changed comments, since each statement writes a new metadata file. -#}
{% macro spark_session__alter_column_comment(relation, column_dict) %}
    {%- if not adapter.is_session() -%}
        {{ return(spark__alter_column_comment(relation, column_dict)) }}
    {%- elif relation.is_view or session_file_format() not in ['delta', 'hudi', 'iceberg'] -%}
        {#- The statement that creates a view also sets its comments. -#}
        {{ return('') }}
    {%- endif -%}
    {%- set present = {} -%}
    {%- for row in run_query('describe table ' ~ relation) -%}
        {#- `describe` lists a partition column a second time, without its comment. -#}
        {%- if row[0] | lower not in present -%}
            {%- do present.update({row[0] | lower: row[2] or ''}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set changes = [] -%}
    {%- for name in column_dict -%}
        {%- set description = column_dict[name]['description'] or '' -%}
        {%- if present.get(name | lower) != description -%}
            {%- do changes.append(adapter.quote(name) ~ ' comment ' ~ adapter.string_literal(description)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if changes -%}
        {% do run_query('alter table ' ~ relation ~ ' alter column ' ~ (changes | join(', '))) %}
    {%- endif -%}
{% endmacro %}
