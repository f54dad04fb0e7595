{#- The number that a text of a time writes; null where it is no number. -#}
{% macro epoch_number(text) -%}
case
    when
        {{ text }} rlike '^\\s*[-+]?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?\\s*$'
        then try_cast({{ text }} as double)
end
{%- endmacro %}
