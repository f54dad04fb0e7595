{#- The text, or null if it means a missing value. -#}
{% macro missing_as_null(text) -%}
case when not {{ is_missing(text) }} then {{ text }} end
{%- endmacro %}
