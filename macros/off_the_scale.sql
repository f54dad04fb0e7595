{#-
    Whether a number is outside a scale or between two of its steps.

    Reads rating_min, rating_max and rating_step. If rating_step is null, every
    number between the ends is on the scale.
-#}
{% macro off_the_scale(number) -%}
{%- set steps = '(' ~ number ~ ' - rating_min) / rating_step' -%}
(
    {{ number }} not between rating_min and rating_max
    or abs({{ steps }} - round({{ steps }})) > 1e-6
)
{%- endmacro %}
