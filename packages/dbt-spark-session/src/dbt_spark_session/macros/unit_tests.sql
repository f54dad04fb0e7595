{#- dbt renders lists and mappings as Python prints them. In Spark, a backslash in a text would
    start an escape, and safe_cast would make NULL of a text that does not fit its column. -#}
{%- macro format_row(row, column_name_to_data_types) -%}
    {%- set formatted = {} -%}
    {%- for name in row -%}
        {%- if name | lower not in column_name_to_data_types -%}
            {%- set fixture = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
            {{ exceptions.raise_compiler_error(
                "Invalid column name: '" ~ name | lower ~ "' in unit test fixture for " ~ fixture ~ '.\nAccepted columns for '
                ~ fixture ~ ' are: ' ~ (column_name_to_data_types.keys() | list)
            ) }}
        {%- endif -%}
        {%- set kind = column_name_to_data_types[name | lower] -%}
        {%- if adapter.is_session() -%}
            {%- set value = adapter.fixture_literal(row[name], kind) -%}
        {%- elif row[name] is string -%}
            {%- set value = safe_cast(dbt.string_literal(dbt.escape_single_quotes(row[name])), kind) -%}
        {%- else -%}
            {%- set value = safe_cast('null' if row[name] is none else row[name], kind) -%}
        {%- endif -%}
        {%- do formatted.update({name | lower: value}) -%}
    {%- endfor -%}
    {{ return(formatted) }}
{%- endmacro -%}


{#- dbt writes a query for each row. Spark would plan all of them again wherever the model reads the
    input; a list of values is one relation without a query. -#}
{% macro session_fixture(rows, names, types, quoted) %}
    {%- set lines = [] -%}
    {%- for row in rows or [{}] -%}
        {%- set formatted = format_row(row, types) -%}
        {%- set values = [] -%}
        {%- for name in names -%}
            {%- do values.append(formatted.get(name, 'cast(null as ' ~ types[name] ~ ')')) -%}
        {%- endfor -%}
        {%- do lines.append(values | join(', ')) -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {%- for name in names -%}
        {%- do columns.append(quoted[name]) -%}
    {%- endfor -%}
    select * from (
    {#- Nested values may be expressions, and a list can hold only constant expressions. -#}
    {%- if 'cast((' in lines | join %}
        select {{ lines | join('\n        union all select ') }}
    {%- else %}
        values ({{ lines | join('),\n        (') }})
    {%- endif %}
    ) as fixture ({{ columns | join(', ') }})
    {%- if not rows %} limit 0 {%- endif -%}
{% endmacro %}


{% macro get_fixture_sql(rows, column_name_to_data_types) %}
    {%- set types = {} -%}
    {%- set quoted = {} -%}
    {%- set relation = defer_relation if defer_relation and not load_relation(this) else this -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- if not types -%}
        {{ exceptions.raise_compiler_error(
            "Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this
            ~ " because the relation doesn't exist"
        ) }}
    {%- endif -%}
    {{ session_fixture(rows, types, types, quoted) }}
{% endmacro %}


{#- dbt pairs the values of two rows by their position, even if the rows name other columns. -#}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
    {%- set names = (rows[0] if rows else column_name_to_data_types) | map('lower') | list -%}
    {%- for row in rows if row | map('lower') | sort != names | sort -%}
        {{ exceptions.raise_compiler_error(
            'The expected row ' ~ row ~ ' has other columns than the first row: ' ~ (names | join(', '))
        ) }}
    {%- endfor -%}
    {{ session_fixture(rows, names, column_name_to_data_types, column_name_to_quoted) }}
{% endmacro %}


{#- dbt makes a view of the model's query to read its columns. -#}
{% materialization unit, adapter='spark_session' %}
    {%- if not adapter.is_session() -%}
        {{ return(materialization_unit_default()) }}
    {%- endif -%}

    {%- set types = {} -%}
    {%- set quoted = {} -%}
    {%- for column in adapter.columns_of_query(get_empty_subquery_sql(sql)) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}

    {%- set rows = config.get('expected_rows') -%}
    {%- set expected = config.get('expected_sql') or get_expected_sql(rows, types, quoted) -%}
    {%- set columns = [] -%}
    {%- for name in (rows[0] if rows else types) -%}
        {%- do columns.append(quoted[name | lower]) -%}
    {%- endfor -%}
    {% call statement('main', fetch_result=True) -%}
        {{ get_unit_test_sql(sql, expected, columns) }}
    {%- endcall %}

    {{ return({'relations': []}) }}
{% endmaterialization %}
