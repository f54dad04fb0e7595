{#-
    Root mean squared error: square root of the mean of (rating - prediction)²,
    in rating points.

    Aggregates over test rows, fallback predictions included; null without rows.
-#}
{% macro rmse(rating, prediction) -%}
sqrt(avg(power({{ rating }} - {{ prediction }}, 2)))
{%- endmacro %}
