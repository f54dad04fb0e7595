{#- The number that a var says, or null when it says none. -#}
{% macro var_as_double(name) -%}
cast({{ var(name) if var(name) is not none else 'null' }} as double)
{%- endmacro %}
