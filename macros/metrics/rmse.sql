{#-
    Root mean squared error of the predictions, in rating points.

    An aggregate over test rows, fallbacks included. No row: null.
-#}
{% macro rmse(rating, prediction) -%}
sqrt(avg(power({{ rating }} - {{ prediction }}, 2)))
{%- endmacro %}
