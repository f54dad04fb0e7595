{#- The text, or null where it says nothing. -#}
{% macro missing_as_null(text) -%}
case when not {{ is_missing(text) }} then {{ text }} end
{%- endmacro %}
