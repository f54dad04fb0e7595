{#-
    True if the text starts with a zero followed by another digit. As a number,
    007 would become 7, which may be another id. A regular expression would be
    many times slower.
-#}
{% macro is_padded(text) -%}
coalesce(
    startswith(ltrim({{ text }}), '0')
    and substring(ltrim({{ text }}), 2, 1) between '0' and '9',
    false
)
{%- endmacro %}
