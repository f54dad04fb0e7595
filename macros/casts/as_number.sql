{#-
    The number in a text; null if the text is no number. Without the pattern, a
    cast would read '4d' as 4. A failing cast is also slower than the pattern.
-#}
{% macro as_number(text) -%}
case
    when {{ text }} rlike '^\\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\\s*$'
        then try_cast({{ text }} as double)
end
{%- endmacro %}
