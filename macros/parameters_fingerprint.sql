{#- Columns of the seed algorithms that a trial may vary, and their types. -#}
{% macro parameter_types() -%}
{{ return({
    'factors': 'bigint',
    'reg': 'double',
    'reg_exponent': 'double',
    'alpha': 'double',
    'unobserved_weight': 'double',
    'strength_scale': 'double',
    'neighbours': 'bigint',
    'shrinkage': 'double'
}) }}
{%- endmacro %}

{#-
    Fingerprint of a row of the seed algorithms. Python computes the same number in
    reelhouse.tuning.search.with_defaults.
-#}
{% macro parameters_fingerprint() -%}
xxhash64(family, feedback, {{ parameter_types() | join(', ') }})
{%- endmacro %}
