{#-
    True if the text is digits and then letters, such as the product code 85123A.
    Whole numbers are checked first, because a regular expression is slower.
-#}
{% macro is_code(text) -%}
coalesce(
    try_cast({{ text }} as bigint) is null
    and {{ text }} rlike '^\\s*[0-9]+[A-Za-z]+\\s*$',
    false
)
{%- endmacro %}
