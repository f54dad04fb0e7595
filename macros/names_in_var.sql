{#- The names in a var that is a list, as an array. -#}
{% macro names_in_var(name) -%}
array('{{ var(name) | join("', '") }}')
{%- endmacro %}
