{#-
    Half the width of the 95 % confidence interval of a mean: the 97.5 %
    quantile of Student's t times the standard error.

    Aggregates over the values; null for fewer than two.
-#}
{% macro confidence_half_width(value) -%}
{{ student_t_quantile('(count(' ~ value ~ ') - 1)') }}
* stddev_samp({{ value }}) / sqrt(count({{ value }}))
{%- endmacro %}
