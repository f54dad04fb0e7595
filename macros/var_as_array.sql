{#- The list of strings in a var, as a SQL array. -#}
{% macro var_as_array(name) -%}
array('{{ var(name) | join("', '") }}')
{%- endmacro %}
