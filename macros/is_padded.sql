{#-
    Whether the text starts with a zero and another digit: as a number, 007
    would become 7, which is another id. A regular expression takes many times
    as long.
-#}
{% macro is_padded(text) -%}
coalesce(
    startswith(ltrim({{ text }}), '0')
    and substring(ltrim({{ text }}), 2, 1) between '0' and '9',
    false
)
{%- endmacro %}
