{#- The names in the var `protocols` as an array. -#}
{% macro protocols_asked_for() -%}
array('{{ var("protocols") | join("', '") }}')
{%- endmacro %}
