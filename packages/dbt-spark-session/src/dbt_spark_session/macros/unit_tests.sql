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
