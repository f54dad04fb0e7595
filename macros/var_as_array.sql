{#- The names in a var that is a list, as an array. -#}
{% macro var_as_array(name) -%}
array('{{ var(name) | join("', '") }}')
{%- endmacro %}
