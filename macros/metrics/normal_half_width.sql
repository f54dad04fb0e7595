{#-
    Half the width, in standard deviations, of the interval around the mean that
    holds `level` percent of a normal distribution. The level is 50, 80 or 95.
-#}
{% macro normal_half_width(level) -%}
{%- set widths = {
    50: 0.6744897501960817,
    80: 1.2815515655446004,
    95: 1.959963984540054
} -%}
{{ widths[level] }}d
{%- endmacro %}
