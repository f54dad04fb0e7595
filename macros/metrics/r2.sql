{#-
    Coefficient of determination: 1 - mean of (rating - prediction)² / variance
    of the ratings. 0 if every prediction is the mean of the ratings; negative
    if the predictions are worse than that.

    Aggregates over test rows, fallback predictions included; null if all
    ratings are equal.
-#}
{% macro r2(rating, prediction) -%}
1 - avg(power({{ rating }} - {{ prediction }}, 2))
/ nullif(var_pop({{ rating }}), 0)
{%- endmacro %}
