{#- A number in [0, 1) that depends on the seed and the columns alone. -#}
{% macro hash_fraction(columns) -%}
pmod(xxhash64({{ var('seed') }}, {{ columns | join(', ') }}), 1000000) / 1e6
{%- endmacro %}
