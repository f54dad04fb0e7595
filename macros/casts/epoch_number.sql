{#- The number in a text such as 978300760 or 9.78e8; null for other texts. -#}
{% macro epoch_number(text) -%}
case
    when
        {{ text }} rlike '^\\s*[-+]?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?\\s*$'
        then try_cast({{ text }} as double)
end
{%- endmacro %}
