{#- Hash of the columns and the var seed, as a number in [0, 1). -#}
{% macro hash_fraction(columns) -%}
pmod(xxhash64({{ var('seed') }}, {{ columns | join(', ') }}), 1000000) / 1e6
{%- endmacro %}
