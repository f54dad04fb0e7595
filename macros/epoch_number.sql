{#- The text of a time as a number; null if the text is not a number. -#}
{% macro epoch_number(text) -%}
case
    when
        {{ text }} rlike '^\\s*[-+]?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?\\s*$'
        then try_cast({{ text }} as double)
end
{%- endmacro %}
