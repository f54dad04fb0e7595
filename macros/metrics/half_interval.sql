{#-
    Half the width of the 95 % confidence interval of a mean: 1.96 standard
    errors. An aggregate; one value or none: null.
-#}
{% macro half_interval(value) -%}
1.96 * stddev_samp({{ value }}) / sqrt(count({{ value }}))
{%- endmacro %}
