{#-
    Half the width of the 95 % confidence interval of a mean: the quantile of
    Student's t, times the standard error. An aggregate; null for fewer than two
    values.
-#}
{% macro half_interval(value) -%}
{{ student_t_quantile('(count(' ~ value ~ ') - 1)') }}
* stddev_samp({{ value }}) / sqrt(count({{ value }}))
{%- endmacro %}
