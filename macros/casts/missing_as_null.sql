{#- The text; null if the macro is_missing is true for the text. -#}
{% macro missing_as_null(text) -%}
case when not {{ is_missing(text) }} then {{ text }} end
{%- endmacro %}
