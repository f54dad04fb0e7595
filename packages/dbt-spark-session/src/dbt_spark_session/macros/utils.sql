{#- dbt's cross-database macros that dbt-spark wrote for older versions of Spark. -#}

{#- dbt-spark casts without `try`, which is an error in ANSI mode if the value does not fit. -#}
{% macro spark_session__safe_cast(field, type) %}
    {%- if adapter.is_session() -%}
        try_{{ spark__safe_cast(field, type) | trim }}
    {%- else -%}
        {{ spark__safe_cast(field, type) }}
    {%- endif -%}
{% endmacro %}


{#- dbt-spark indexes an array, which is an error in ANSI mode if there are fewer parts, and takes a
    delimiter of several characters as a regular expression. -#}
{% macro spark_session__split_part(string_text, delimiter_text, part_number) %}
    {%- if adapter.is_session() -%}
        split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
    {%- else -%}
        {{ spark__split_part(string_text, delimiter_text, part_number) }}
    {%- endif -%}
{% endmacro %}


{#- dbt-spark drops fractions of a second, and takes a millisecond as a microsecond. -#}
{% macro spark_session__dateadd(datepart, interval, from_date_or_timestamp) %}
    {%- if adapter.is_session() -%}
        timestampadd({{ datepart }}, cast({{ interval }} as int), to_timestamp({{ from_date_or_timestamp }}))
    {%- else -%}
        {{ spark__dateadd(datepart, interval, from_date_or_timestamp) }}
    {%- endif -%}
{% endmacro %}


{#- Counts the boundaries between two times, as dbt documents; weeks begin on Sunday. dbt-spark
    counts some boundaries twice or not at all. -#}
{% macro spark_session__datediff(first_date, second_date, datepart) %}
    {%- if adapter.is_session() -%}
        {%- set shift = ' + interval 1 day' if datepart | lower == 'week' else '' -%}
        timestampdiff(
            {{ datepart }},
            date_trunc('{{ datepart }}', to_timestamp({{ first_date }}){{ shift }}),
            date_trunc('{{ datepart }}', to_timestamp({{ second_date }}){{ shift }})
        )
    {%- else -%}
        {{ spark__datediff(first_date, second_date, datepart) }}
    {%- endif -%}
{% endmacro %}


{#- dbt-spark ignores the order. The limited list is cut at a character that text does not have. -#}
{% macro spark_session__listagg(measure, delimiter_text, order_by_clause, limit_num) %}
    {%- set order = ' within group (' ~ order_by_clause ~ ')' if order_by_clause else '' -%}
    {%- if not adapter.is_session() -%}
        {{ return(spark__listagg(measure, delimiter_text, order_by_clause, limit_num)) }}
    {%- elif limit_num -%}
        array_join(slice(split(listagg({{ measure }}, '\u0000'){{ order }}, '\u0000'), 1, {{ limit_num }}), {{ delimiter_text }})
    {%- else -%}
        listagg({{ measure }}, {{ delimiter_text }}){{ order }}
    {%- endif -%}
{% endmacro %}


{#- dbt-spark ignores the type of an empty array, which then cannot be written to a table. -#}
{% macro spark_session__array_construct(inputs, data_type) %}
    {%- if inputs or not adapter.is_session() -%}
        {{ spark__array_construct(inputs, data_type) }}
    {%- else -%}
        cast(array() as array<{{ data_type }}>)
    {%- endif -%}
{% endmacro %}
