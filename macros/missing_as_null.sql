{#- The text; null if is_missing is true of it. -#}
{% macro missing_as_null(text) -%}
case when not {{ is_missing(text) }} then {{ text }} end
{%- endmacro %}
