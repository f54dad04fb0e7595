{#-
    True if the number is outside the rating scale or between two of its steps.

    Requires the columns rating_min, rating_max and rating_step. If rating_step
    is null, every number from rating_min to rating_max is on the scale.
-#}
{% macro off_the_scale(number) -%}
{%- set steps = '(' ~ number ~ ' - rating_min) / rating_step' -%}
(
    {{ number }} not between rating_min and rating_max
    or abs({{ steps }} - round({{ steps }})) > 1e-6
)
{%- endmacro %}
