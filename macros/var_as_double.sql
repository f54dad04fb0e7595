{#- The number in a var as a double; null if the var is null. -#}
{% macro var_as_double(name) -%}
cast({{ var(name) if var(name) is not none else 'null' }} as double)
{%- endmacro %}
