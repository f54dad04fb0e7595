{#- Column names in a project's configs. Spark needs backticks around a name with a blank, a hyphen
    or a letter outside ASCII, but a config may also contain an expression. -#}

{#- The name in backticks, if one of the columns has it (in any case); else the text itself. -#}
{% macro session_quoted(name, columns) %}
    {%- for column in columns if column | lower == name | lower -%}
        {{ return(adapter.quote(column)) }}
    {%- endfor -%}
    {{ return(name) }}
{% endmacro %}


{#- The column with this name, in any case; none if no column has it. -#}
{% macro session_column(name, columns) %}
    {%- for column in columns if column.name | lower == name | lower -%}
        {{ return(column) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}


{#- The same as session_quoted for a column of a query. The query is analysed only if the name needs
    backticks. -#}
{% macro session_quoted_in(name, query) %}
    {%- if modules.re.match('^[A-Za-z_][A-Za-z_0-9]*$', name) -%}
        {{ return(adapter.quote(name)) }}
    {%- elif name.startswith('`') -%}
        {{ return(name) }}
    {%- endif -%}
    {{ return(session_quoted(name, adapter.column_names_of(query))) }}
{% endmacro %}


{#- dbt renders a name without quotes unless its YAML says `quote: true`. -#}
{% macro spark_session__get_empty_schema_sql(columns) %}
    {%- set quoted = {} -%}
    {%- for name in columns -%}
        {%- do quoted.update({name: dict(columns[name], quote=true)}) -%}
    {%- endfor -%}
    {{ return(default__get_empty_schema_sql(quoted)) }}
{% endmacro %}


{#- dbt compares the names of a contract in their case; Spark ignores it. -#}
{% macro spark_session__format_column(column) %}
    {%- set formatted = default__format_column(column) -%}
    {%- do formatted.update({'name': column.name | lower}) -%}
    {{ return(formatted) }}
{% endmacro %}


{#- dbt's tests render a name without quotes unless its YAML says `quote: true`. -#}
{% macro spark_session__test_unique(model, column_name) %}
    {{ default__test_unique(model, session_quoted_in(column_name, 'select * from ' ~ model)) }}
{% endmacro %}


{% macro spark_session__test_not_null(model, column_name) %}
    {{ default__test_not_null(model, session_quoted_in(column_name, 'select * from ' ~ model)) }}
{% endmacro %}


{#- dbt also leaves quotes and backslashes in the values as they are. -#}
{% macro spark_session__test_accepted_values(model, column_name, values, quote=true) %}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- do literals.append(adapter.string_literal(value | string) if quote else value) -%}
    {%- endfor -%}
    {{ default__test_accepted_values(
        model, session_quoted_in(column_name, 'select * from ' ~ model), literals, false
    ) }}
{% endmacro %}


{% macro spark_session__test_relationships(model, column_name, to, field) %}
    {{ default__test_relationships(
        model,
        session_quoted_in(column_name, 'select * from ' ~ model),
        to,
        session_quoted_in(field, 'select * from ' ~ to)
    ) }}
{% endmacro %}
